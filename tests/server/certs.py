# SPDX-License-Identifier: MIT
"""Throw-away certificates for tests, good ones and bad ones.

    python3 certs.py DIR [KIND...]     prints {"ca": PATH, KIND: {...}} as JSON

    authority = certs.Authority(directory)
    pair = authority.issue("expired")
    pair.cert, pair.key                  # PEM files for a server
    authority.ca_file                    # what a client shall trust

A kind is one row of KINDS: what differs from a certificate that is right for
localhost, 127.0.0.1 and ::1. Everything is made by the openssl(1) command.
Keys are elliptic (P-256) unless the kind says otherwise, because they are
made in a millisecond.
"""

import argparse
import dataclasses
import json
import os
import subprocess
import sys

LOCAL = "DNS:localhost,IP:127.0.0.1,IP:::1"
PAST = ("20200101000000Z", "20210101000000Z")
FUTURE = ("20700101000000Z", "20710101000000Z")
NOW = ("20200101000000Z", "20710101000000Z")


def _dns_with_nul(before, after):
    """subjectAltName in DER: one dNSName with a NUL in the middle."""
    name = before.encode() + b"\0" + after.encode()
    general = bytes([0x82, len(name)]) + name
    return "DER:" + (bytes([0x30, len(general)]) + general).hex(":")


@dataclasses.dataclass(frozen=True)
class Kind:
    """How a certificate differs from a good one."""
    why: str
    san: str = LOCAL
    cn: str = "localhost"
    key: str = "P-256"              # a curve, or bits of RSA
    digest: str = "sha256"
    dates: tuple = NOW
    eku: str = "serverAuth"
    issuer: str = "root"            # root, middle, other, self, or not-ca
    send_chain: bool = True         # with the intermediate certificate
    critical_junk: bool = False     # an unknown critical extension
    feature: str = ""               # RFC 7633: what TLS has to bring


KINDS = {
    "good": Kind("right in every way"),
    "rsa2048": Kind("the smallest RSA key that is good", key="2048"),
    "chain": Kind("good, through an intermediate that is sent",
                  issuer="middle"),
    "no-eku": Kind("good: no extended key usage means any", eku=""),
    "wildcard": Kind("one label below example.test",
                     san="DNS:*.example.test", cn="x.example.test"),
    "wildcard-part": Kind("a wildcard that is not a whole label",
                          san="DNS:l*.example.test,DNS:local*", cn="x"),
    "wildcard-middle": Kind("a wildcard that is not the left-most label",
                            san="DNS:a.*.example.test", cn="x"),
    "wildcard-all": Kind("a wildcard with nothing but the top level",
                         san="DNS:*", cn="x"),
    "ip": Kind("only addresses", san="IP:127.0.0.1,IP:::1", cn="x"),
    "ip-in-dns": Kind("an address where a name belongs",
                      san="DNS:127.0.0.1", cn="127.0.0.1"),
    "expired": Kind("ended in 2021", dates=PAST),
    "not-yet": Kind("begins in 2070", dates=FUTURE),
    "wrong-host": Kind("for somebody else",
                       san="DNS:other.example.test", cn="localhost"),
    "cn-only": Kind("the name stands in the subject alone", san=""),
    "nul": Kind("localhost, NUL, .evil.test",
                san=_dns_with_nul("localhost", ".evil.test")),
    "sha1": Kind("signed with SHA-1", digest="sha1"),
    "rsa1024": Kind("a short RSA key", key="1024"),
    "p224": Kind("a small curve", key="P-224"),
    "wrong-eku": Kind("for clients only", eku="clientAuth"),
    "client": Kind("for a client to log in with", san="email:demo@localhost",
                   cn="demo", eku="clientAuth"),
    "self-signed": Kind("nobody vouches for it", issuer="self"),
    "other-ca": Kind("signed by an authority that nobody trusts",
                     issuer="other"),
    "incomplete": Kind("the intermediate is not sent", issuer="middle",
                       send_chain=False),
    "not-ca": Kind("signed by a certificate that is no authority",
                   issuer="not-ca"),
    "must-staple": Kind("demands an OCSP staple", feature="status_request"),
    "responder": Kind("may sign OCSP answers for the root", cn="responder",
                      san="", eku="OCSPSigning"),
    "responder-old": Kind("the same until 2021", cn="responder", san="",
                          eku="OCSPSigning", dates=PAST),
    "responder-other": Kind("the same for another authority", cn="responder",
                            san="", eku="OCSPSigning", issuer="other"),
    "responder-weak": Kind("the same with a short key", cn="responder",
                           san="", eku="OCSPSigning", key="1024"),
    "critical": Kind("an unknown extension that is critical",
                     critical_junk=True),
}


@dataclasses.dataclass(frozen=True)
class Pair:
    cert: str
    key: str


def _openssl(*args, cwd=None):
    done = subprocess.run(("openssl",) + args, cwd=cwd, text=True,
                          stdin=subprocess.DEVNULL, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {' '.join(args)}:\n{done.stderr}")


CONFIG = """\
[ca]
default_ca = it
[it]
database = {dir}/index.txt
new_certs_dir = {dir}/issued
rand_serial = yes
default_md = sha256
unique_subject = no
copy_extensions = none
policy = any
[any]
commonName = supplied
[req]
distinguished_name = dn
[dn]
"""


class Authority:
    """A root, an intermediate, and what they sign. Files are kept and made
    once; nothing here is removed, since the directory is the caller's."""

    def __init__(self, directory):
        self.dir = os.path.abspath(directory)
        os.makedirs(self._path("issued"), exist_ok=True)
        self._write("index.txt", "")
        self._write("ca.cnf", CONFIG.format(dir=self.dir))
        self._issuers = {}
        self._issued = {}
        self.ca_file = self._issuer("root").cert

    def issue(self, kind="good", **changes):
        """A Pair of this kind; `changes` replace fields of its Kind."""
        wish = (kind, tuple(sorted(changes.items())))
        if wish not in self._issued:
            spec = dataclasses.replace(KINDS[kind], **changes)
            name = kind if not changes else f"{kind}-{len(self._issued)}"
            self._issued[wish] = self._leaf(name, spec)
        return self._issued[wish]

    def ca_path(self):
        """A directory with hashed names, as openssl rehash makes it."""
        directory = self._path("hashed")
        os.makedirs(directory, exist_ok=True)
        with open(self.ca_file, encoding="ascii") as file:
            self._write("hashed/root.pem", file.read())
        _openssl("rehash", directory)
        return directory

    def staple(self, pair, revoke=None):
        """What the root says of a certificate that it issued, by OCSP: a file
        in DER. It says `good`, or, with a reason as "keyCompromise",
        `revoked`, now and ever after."""
        if revoke is not None:
            _openssl("ca", "-config", self._path("ca.cnf"), *self._root(),
                     "-revoke", pair.cert, "-crl_reason", revoke)
        answer = f"{pair.cert}.{revoke or 'good'}.der"
        root = self._issuer("root")
        _openssl("ocsp", "-index", self._path("index.txt"), "-CA", root.cert,
                 "-rsigner", root.cert, "-rkey", root.key, "-ndays", "1",
                 "-issuer", root.cert, "-cert", pair.cert, "-no_nonce",
                 "-respout", answer)
        return answer

    # ---- how ------------------------------------------------------------

    def _root(self):
        root = self._issuer("root")
        return ["-cert", root.cert, "-keyfile", root.key]

    def _path(self, name):
        return os.path.join(self.dir, name)

    def _write(self, name, text):
        with open(self._path(name), "w", encoding="ascii") as file:
            file.write(text)
        return self._path(name)

    def _key(self, name, strength):
        path = self._path(name + ".key")
        if strength.startswith("P-"):
            _openssl("genpkey", "-algorithm", "EC", "-pkeyopt",
                     "ec_paramgen_curve:" + strength, "-out", path)
        else:
            _openssl("genpkey", "-algorithm", "RSA", "-pkeyopt",
                     "rsa_keygen_bits:" + strength, "-out", path)
        os.chmod(path, 0o600)
        return path

    def _sign(self, name, spec, extensions, signer):
        """signer: a Pair, or None for a certificate signed by itself."""
        key = self._key(name, spec.key)
        request = self._path(name + ".csr")
        cert = self._path(name + ".pem")
        _openssl("req", "-new", "-config", self._path("ca.cnf"), "-key", key,
                 "-subj", "/CN=" + spec.cn, "-out", request)
        rules = self._write(name + ".ext", "\n".join(extensions) + "\n")
        by = (["-selfsign", "-keyfile", key] if signer is None else
              ["-cert", signer.cert, "-keyfile", signer.key])
        _openssl("ca", "-batch", "-notext", "-config", self._path("ca.cnf"),
                 *by, "-in", request, "-out", cert, "-extfile", rules,
                 "-md", spec.digest, "-startdate", spec.dates[0],
                 "-enddate", spec.dates[1])
        return Pair(cert, key)

    def _issuer(self, name):
        if name not in self._issuers:
            spec = Kind("an issuer", cn="libpop3 test " + name)
            is_ca = name != "not-ca"
            extensions = [
                "basicConstraints=critical,CA:" + str(is_ca).upper(),
                "keyUsage=critical," +
                ("keyCertSign,cRLSign" if is_ca else "digitalSignature"),
                "subjectKeyIdentifier=hash"]
            signer = (None if name in ("root", "other")
                      else self._issuer("root"))
            self._issuers[name] = self._sign("ca-" + name, spec, extensions,
                                             signer)
        return self._issuers[name]

    def _leaf(self, name, spec):
        extensions = ["basicConstraints=critical,CA:FALSE"]
        if spec.eku:
            extensions.append("extendedKeyUsage=" + spec.eku)
        if spec.san:
            extensions.append("subjectAltName=" + spec.san)
        if spec.feature:
            extensions.append("tlsfeature=" + spec.feature)
        if spec.critical_junk:
            extensions.append("1.2.3.4.5=critical,DER:05:00")
        signer = None if spec.issuer == "self" else self._issuer(spec.issuer)
        pair = self._sign(name, spec, extensions, signer)
        if spec.issuer in ("middle", "not-ca") and spec.send_chain:
            with open(pair.cert, "a", encoding="ascii") as out, \
                 open(signer.cert, encoding="ascii") as middle:
                out.write(middle.read())
        return pair


def main():
    parser = argparse.ArgumentParser(description="throw-away certificates")
    parser.add_argument("directory")
    parser.add_argument("kind", nargs="*", default=["good"],
                        help="all, or of: " + " ".join(KINDS))
    args = parser.parse_args()
    kinds = list(KINDS) if args.kind == ["all"] else args.kind
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        parser.error(f"no such kind: {' '.join(unknown)}; "
                     f"there are: {' '.join(KINDS)}")
    authority = Authority(args.directory)
    made = {"ca": authority.ca_file}
    for kind in kinds:
        pair = authority.issue(kind)
        made[kind] = {"cert": pair.cert, "key": pair.key}
    json.dump(made, sys.stdout)
    print()


if __name__ == "__main__":
    main()
