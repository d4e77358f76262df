# SPDX-License-Identifier: MIT
# The front door. What happens stands in tools/ and in meson.build.

BUILD ?= build/default
PREFIX ?= /usr/local
SECONDS ?= 600
BENCH = --scale $(or $(SCALE),1) --work "$(W)" --only "$(ONLY)" \
    --rounds $(or $(ROUNDS),3)

# Debian's Meson and Python, whatever else stands on the PATH.
export PATH := /usr/bin:/bin:/usr/sbin:/sbin:$(PATH)

.PHONY: build demo test fuzz install clean format help bench bench-results \
    bench-plots

build:
	@tools/setup build
	@test -f $(BUILD)/build.ninja || \
	    meson setup $(BUILD) --prefix=$(PREFIX) -Dtests=false >/dev/null
	@ninja -C $(BUILD) --quiet

demo: build
	@tools/demo $(BUILD)

test:
	@tools/setup test
	@tools/test

# make fuzz SECONDS=3600: every target so long, two at once.
fuzz:
	@tools/setup test
	@tools/fuzz $(SECONDS)

# make bench W=W1,W2 SCALE=0.05 ONLY=ours,floor,curl ROUNDS=3: what it costs.
bench:
	@tools/bench $(BENCH)

bench-results:
	@tools/bench $(BENCH) --table bench/RESULTS.md

bench-plots:
	@bench/plots.py build/bench/figures.json bench/plots

install: build
	@meson install -C $(BUILD) --no-rebuild

clean:
	rm -rf build

format:
	clang-format -i $$(tools/sources)

help:
	@echo "make demo     build, fetch 500 messages from a test server, show it"
	@echo "make test     everything that is tested (half an hour)"
	@echo "make bench    ours beside the floors and other clients (40 minutes)"
	@echo "make build    the library and the program, in $(BUILD)"
	@echo "make install  to $(PREFIX); make fuzz, make format, make clean"
