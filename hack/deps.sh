#!/bin/sh
# Installs what `make test` and `make bench` need on Debian 12, Go itself
# excepted, and mounts tracefs. Says nothing and takes a moment when all is there.
set -eu

# Each package and what wants it.
packages='
	bpftrace                 bench: stands beside stoop
	busybox-static           test/lab: the images of pods and containers
	clang-19                 make generate: compiles bpf/
	containerd               test/lab: pods
	curl                     test/lab
	docker.io                test/lab
	gcc                      test/load, race detector
	gcc-aarch64-linux-gnu    test/kernels: the actor for arm64
	jq                       bench: stands beside the JSON reader
	libbpf-dev               make generate: headers
	libc6-dev                test/load, race detector
	libc6-dev-arm64-cross    test/kernels: the actor for arm64
	llvm-19                  make generate: strips the objects
	make                     the one way in
	maven                    test/siem: fetches the search servers
	netcat-traditional       test/incident: the reverse shell
	nmap                     test/incident: the reconnaissance
	openjdk-17-jdk-headless  test/siem: runs Elasticsearch 8
	openssl                  test/siem: certificates
	podman                   test/lab
	procps                   test/incident: ps and pgrep of the story
	python3                  test/incident: the service
	qemu-system-arm          test/kernels: boots kernels of arm64
	qemu-system-x86          test/kernels: boots other kernels
	runc                     test/lab
	strace                   test/oracle
	tmux                     end-to-end tests of the screen
'

if [ "$(uname -s)" != Linux ]; then
	echo "deps.sh: only Linux runs the live tests; the others need nothing but Go" >&2
	exit 0
fi
as_root=
if [ "$(id -u)" != 0 ]; then
	as_root=sudo
fi

names=$(echo "$packages" | awk '{print $1}')
# shellcheck disable=SC2086 # a list of words
installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $names 2>/dev/null || true)
missing=
for name in $names; do
	echo "$installed" | grep -qx "installed $name" || missing="$missing $name"
done
if [ -n "$missing" ]; then
	log=$(mktemp)
	echo "deps.sh: installing$missing"
	# shellcheck disable=SC2086 # a list of words
	if ! {
		$as_root apt-get update -qq &&
			DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing
	} >"$log" 2>&1; then
		tail -n 20 "$log" >&2
		echo "deps.sh: apt-get failed; the whole log is in $log" >&2
		exit 1
	fi
	rm -f "$log"
fi

# nmap needs libblas, which Debian reaches through /etc/alternatives. An image
# made without running the packages' scripts lacks the link.
if ! nmap --version >/dev/null 2>&1; then
	blas=$(find /usr/lib -path '*/blas/libblas.so.3' | head -n 1)
	if [ -z "$blas" ]; then
		echo "deps.sh: nmap does not run: $(nmap --version 2>&1 | head -n 1)" >&2
		exit 1
	fi
	multiarch=$(basename "$(dirname "$(dirname "$blas")")")
	$as_root update-alternatives --install "/usr/lib/$multiarch/libblas.so.3" \
		"libblas.so.3-$multiarch" "$blas" 10 >/dev/null
fi

if ! mountpoint -q /sys/kernel/tracing && ! $as_root mount -t tracefs nodev /sys/kernel/tracing; then
	echo "deps.sh: cannot mount tracefs: the live tests will not run here" >&2
fi
