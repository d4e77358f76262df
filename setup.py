# SPDX-License-Identifier: MIT
"""Builds the Python package: pip install . --no-build-isolation

The extension module holds the core of libpop3 and its mechanisms, and needs
nothing but libc. Where the headers of GNU SASL are installed, it has CRAM-MD5
and GSSAPI, and loads that library for them. It is built against the limited
API, so that one wheel serves Python 3.9 and all later versions.
"""

import glob
import os
import platform
import re
import shutil
import subprocess

from setuptools import Extension, setup

with open("include/pop3.h", encoding="utf-8") as header:
    PARTS = re.findall(r"#define POP3_VERSION_\w+ (\d+)", header.read())

# Searches for one kind of machine alone, as src/meson.build has them.
SCANS = {"x86_64": ["sse2", "avx2", "avx512"], "aarch64": ["neon"]}
MINE = SCANS.get(platform.machine(), [])
OTHERS = [f"src/core/scan_{name}.c" for names in SCANS.values()
          for name in names if name not in MINE]
SOURCES = sorted(path for place in ("python/src", "src/base", "src/core")
                 for path in glob.glob(os.path.join(place, "*.c"))
                 if path not in OTHERS)
# The mechanisms, over primitives of Python's own (python/src/primitives.c).
SOURCES += [f"src/auth/{name}.c" for name in
            ("again", "auth", "oauth", "scram", "scram_answer", "simple")]
MACROS = [("Py_LIMITED_API", "0x03090000"), ("_GNU_SOURCE", None),
          ("AUTH_SCRAM", None)]


def has_gsasl():
    tool = shutil.which("pkg-config")
    return tool is not None and subprocess.run(
        [tool, "--atleast-version=1.10", "libgsasl"], check=False
    ).returncode == 0


if has_gsasl():
    SOURCES += ["src/auth/gsasl.c", "src/auth/gsasl_load.c"]
    MACROS.append(("AUTH_GSASL", None))

setup(
    version=".".join(PARTS),
    package_dir={"": "python"},
    packages=["pop3"],
    package_data={"pop3": ["py.typed", "*.pyi"]},
    ext_modules=[Extension(
        "_pop3",
        sources=SOURCES,
        depends=sorted(glob.glob("python/src/*.[hm]*") +
                       glob.glob("src/*/*.h") + glob.glob("include/**/*.h",
                                                        recursive=True)),
        include_dirs=["include", "src"],
        define_macros=MACROS,
        extra_compile_args=["-std=c11", "-O2", "-fvisibility=hidden"],
        extra_link_args=["-Wl,--version-script=python/src/exports.map"],
        py_limited_api=True)],
    options={"bdist_wheel": {"py_limited_api": "cp39"}},
)
