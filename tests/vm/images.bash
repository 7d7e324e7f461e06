# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# The lab's images: for each guest a kernel with its modules and an initramfs, and a root directory
# with the build and test dependencies in it. Both live in the cache, each in a directory named after
# a hash of everything it is made from, so that a changed input makes a new one and an unchanged one is
# found at once. A directory of that name is always whole: it is made under another name and renamed.
#
# Sourced by lab, which has fail, say, in_namespace and these:
: "${top:?} ${here:?} ${cache:?} ${guests[*]:?}"

# guest_facts GUEST: sets suite (Debian's name of it) and series (the kernel's).
guest_facts() {
	case $1 in
	debian12) suite=bookworm series=6.1 ;;
	debian13) suite=trixie series=6.12 ;;
	*) fail "unknown guest \"$1\"; there are: ${guests[*]}" ;;
	esac
}

# What a guest needs besides the build and test lists.
guest_packages=(mount passwd kmod util-linux e2fsprogs ethtool netbase media-types)

# In the initramfs: what it takes to reach the root.
boot_modules=(virtio_pci 9pnet_virtio 9p overlay)

keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# ---- Debian's archive, as this machine reaches it ----------------------------------------------

# Base addresses of this machine's own apt sources whose suite matches a pattern. apt prints them in one
# form, whether they were written as one line or as deb822.
host_mirrors() {
	apt-get update --print-uris 2>/dev/null |
		sed -nE "s#^'([^']*)/dists/($1)/InRelease' .*#\1#p" | awk '!seen[$0]++' || :
}

# find_mirrors: sets mirror and security_mirror (possibly empty).
find_mirrors() {
	mirror=${SULID_LAB_MIRROR-}
	security_mirror=${SULID_LAB_SECURITY_MIRROR-}
	if [[ ! $mirror ]]; then
		local found
		found=$(host_mirrors 'bookworm|trixie|oldstable|stable|testing|forky|sid|unstable')
		mirror=$(grep -m1 -E '/debian/?$' <<<"$found" || head -n1 <<<"$found")
	fi
	if [[ ! $security_mirror ]]; then
		security_mirror=$(host_mirrors '[a-z]+-security' | head -n1)
	fi
	[[ $mirror ]] || fail 'found no Debian mirror in the configuration of apt;
  name one in SULID_LAB_MIRROR, and that of the security suites in SULID_LAB_SECURITY_MIRROR'
	[[ $security_mirror ]] || say 'no source of security updates in the configuration of apt: doing without'
}

# How this machine's apt reaches the network (proxies and the like), nothing about whom it trusts.
host_apt_settings() {
	apt-config dump 2>/dev/null |
		grep -E '^Acquire::(http|https|ftp|Retries|ForceIPv|Check-Date|Check-Valid-Until|Max-FutureTime|Min-ValidTime|Max-ValidTime)' |
		grep -v ' "";$' || true
}

# write_sources FILE: the sources of suite.
write_sources() {
	[[ -r $keyring ]] || fail "no $keyring; install the list \"lab\": packaging/dependencies lab"
	{
		echo "deb [signed-by=$keyring] $mirror $suite main"
		if [[ $security_mirror ]]; then
			echo "deb [signed-by=$keyring] $security_mirror $suite-security main"
		fi
	} >"$1"
}

# make_apt_root DIR: an apt of our own below DIR, which reads nothing of the host's but how to reach
# the network. The caller's apt programs then use it.
make_apt_root() {
	local dir=$1
	mkdir -p "$dir"/{etc,none,lists/partial,archives/partial}
	: >"$dir/status"
	write_sources "$dir/etc/sources.list"
	{
		echo 'Acquire::Retries "3";'
		host_apt_settings
		cat <<-CONF
			Dir::Etc::main "$dir/none/file";
			Dir::Etc::parts "$dir/none";
			Dir::Etc::sourcelist "$dir/etc/sources.list";
			Dir::Etc::sourceparts "$dir/none";
			Dir::Etc::preferences "$dir/none/file";
			Dir::Etc::preferencesparts "$dir/none";
			Dir::State "$dir";
			Dir::State::status "$dir/status";
			Dir::State::lists "$dir/lists";
			Dir::Cache "$dir";
			Dir::Cache::archives "$dir/archives";
			APT::Architecture "amd64";
			APT::Architectures { "amd64"; };
			APT::Sandbox::User "";
			Acquire::Languages "none";
		CONF
	} >"$dir/etc/apt.conf"
	export APT_CONFIG=$dir/etc/apt.conf
}

# ---- kernels -------------------------------------------------------------------------------------

kernel_key() {
	{
		echo "$1 $suite $series ${boot_modules[*]}"
		declare -f make_kernel without_tls make_initramfs
		cat "$here/guest/initramfs"
	} | sha256sum | cut -c1-16
}

# make_kernel GUEST DIR: vmlinuz, initramfs, version, lib/modules and without-tls/lib/modules below DIR.
make_kernel() {
	local guest=$1 dir=$2 package version
	(
		make_apt_root "$dir/apt"
		apt-get -q update
		package=$(apt-cache pkgnames "linux-image-$series." |
			grep -E "^linux-image-${series//./\\.}\.[0-9]+([-+][a-z0-9]+)*-amd64-unsigned\$" |
			grep -vE -- '-(cloud|rt)-' | sort -V | tail -n1)
		[[ $package ]] || fail "$mirror has no kernel $series for $suite"
		cd "$dir" || exit 1
		apt-get -q download "$package"
	)
	dpkg-deb -x "$dir"/linux-image-*.deb "$dir/unpacked"
	mkdir -p "$dir/lib"
	# Debian 13 has /usr/lib/modules, 12 has /lib/modules.
	if [[ -d $dir/unpacked/usr/lib/modules ]]; then
		mv "$dir/unpacked/usr/lib/modules" "$dir/lib/modules"
	else
		mv "$dir/unpacked/lib/modules" "$dir/lib/modules"
	fi
	mv "$dir"/unpacked/boot/vmlinuz-* "$dir/vmlinuz"
	version=$(ls "$dir/lib/modules")
	echo "$version" >"$dir/version"
	depmod -b "$dir" "$version"
	without_tls "$dir" "$version"
	make_initramfs "$dir" "$version"
	rm -rf "$dir/unpacked" "$dir/apt" "$dir"/linux-image-*.deb
	chmod 0755 "$dir"
	say "$guest: kernel $version"
}

# The same modules but tls: for a guest whose kernel does not have it.
without_tls() {
	mkdir "$1/without-tls"
	cp -al "$1/lib" "$1/without-tls/lib"
	rm "$1/without-tls/lib/modules/$2"/kernel/net/tls/tls.ko*
	# depmod replaces its files, it does not write into those that are linked.
	depmod -b "$1/without-tls" "$2"
}

make_initramfs() {
	local dir=$1 version=$2 tree=$1/initramfs.d module path busybox
	busybox=$(command -v busybox) || fail 'no busybox; run packaging/dependencies lab'
	mkdir -p "$tree"/{bin,modules,proc,dev,lower,upper,root}
	cp "$busybox" "$tree/bin/busybox"
	cp "$here/guest/initramfs" "$tree/init"
	chmod 0755 "$tree/init"
	for module in "${boot_modules[@]}"; do
		modprobe -S "$version" -d "$dir" --show-depends "$module"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >"$dir/insmod"
	while read -r path; do
		module=$(basename "$path")
		case $path in
		*.xz) xz -dc "$path" >"$tree/modules/${module%.xz}" ;;
		*) cp "$path" "$tree/modules/$module" ;;
		esac
		echo "${module%.xz}" >>"$tree/modules/order"
	done <"$dir/insmod"
	(cd "$tree" && find . | cpio --quiet -o -H newc -R 0:0) >"$dir/initramfs"
	rm -rf "$tree" "$dir/insmod"
}

# ---- roots -----------------------------------------------------------------------------------------

root_packages() {
	{
		"$top/packaging/dependencies" --print debian build test
		printf '%s\n' "${guest_packages[@]}"
	} | sort -u
}

root_key() {
	{
		echo "$1 $suite"
		root_packages
		declare -f make_root
	} | sha256sum | cut -c1-16
}

# make_root GUEST DIR: DIR/root, with mount points for what lab puts into it.
make_root() {
	local guest=$1 dir=$2 packages setting
	packages=$(root_packages | paste -sd,)
	write_sources "$dir/sources.list"
	# shellcheck disable=SC2016 # $1 is the hook's
	local options=(
		--architectures=amd64 --variant=essential --include="$packages"
		--aptopt='APT::Sandbox::User "root"'
		--aptopt='APT::Install-Recommends "false"'
		--aptopt='Acquire::Retries "3"' --aptopt='Acquire::Languages "none"'
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*'
		--dpkgopt='path-exclude=/usr/share/info/*' --dpkgopt='path-exclude=/usr/share/locale/*'
		--dpkgopt=force-unsafe-io
		--customize-hook='mkdir -p "$1/srv/sulid" "$1/lib/modules"'
		--customize-hook='rm -f "$1/etc/resolv.conf"; echo localhost >"$1/etc/hostname"'
		--customize-hook='printf "127.0.0.1 localhost\n::1 localhost ip6-localhost\n" >"$1/etc/hosts"'
		--skip=output/dev --skip=cleanup/reproducible)
	while read -r setting; do
		options+=(--aptopt="${setting%;}")
	done < <(host_apt_settings)

	if ((EUID == 0)); then
		# In a namespace, so that nothing stays mounted if this is killed.
		in_namespace mmdebstrap --mode=root --format=directory "${options[@]}" \
			"$suite" "$dir/root" "$dir/sources.list"
	else
		# A plain user's root is a directory in a namespace of its own (see in_namespace in lab), not in
		# the one mmdebstrap makes: hence by way of an archive.
		mmdebstrap --mode=unshare --format=tar "${options[@]}" \
			"$suite" "$dir/root.tar" "$dir/sources.list"
		mkdir "$dir/root"
		in_namespace tar -xf "$dir/root.tar" --numeric-owner -C "$dir/root"
		in_namespace mkdir -p "$dir"/root/{dev,proc,sys} # which the archive may lack
		rm "$dir/root.tar"
	fi
	rm "$dir/sources.list"
	chmod 0755 "$dir"
	say "$guest: root of $(du -sh "$dir/root" 2>/dev/null | cut -f1)"
}

# ---- the cache ---------------------------------------------------------------------------------------

# made KIND GUEST KEY: makes $cache/KIND/GUEST-KEY with make_KIND unless it is there, prints its path.
made() {
	local kind=$1 guest=$2 key=$3
	local dir=$cache/$kind/$guest-$key new=$cache/$kind/$guest-$key.new
	if [[ ! -d $dir ]]; then
		mkdir -p "$cache/$kind"
		exec {lock}>"$cache/$kind/$guest-$key.lock"
		if ! flock -n "$lock"; then
			say "$guest: another is making the $kind, waiting for it"
			flock "$lock"
		fi
		if [[ ! -d $dir ]]; then
			say "$guest: making the $kind"
			find_mirrors
			remove_tree "$new"
			mkdir "$new"
			"make_$kind" "$guest" "$new" >&2
			sync -f "$new"
			mv -T "$new" "$dir"
			forget_unused "$kind" "$guest" "$dir"
		fi
		exec {lock}>&-
	fi
	touch "$dir"
	printf '%s\n' "$dir"
}

# Removes what has not been used for two weeks: another checkout may still use another root.
forget_unused() {
	local old
	while IFS= read -r -d '' old; do
		remove_tree "$old"
	done < <(find "$cache/$1" -mindepth 1 -maxdepth 1 -type d -name "$2-*" -mtime +14 ! -path "$3" -print0)
}

# Removes a tree that may belong to other users of our namespace.
remove_tree() {
	[[ -e $1 ]] || return 0
	in_namespace rm -rf --one-file-system -- "$1"
}

# prepare GUEST: sets kernel (a directory) and root.
# shellcheck disable=SC2034 # lab's
prepare() {
	guest_facts "$1"
	[[ $(uname -m) == x86_64 ]] || fail 'the guests are made for x86_64, and so must this machine be'
	"$top/packaging/dependencies" lab || fail 'the lab wants these packages'
	kernel=$(made kernel "$1" "$(kernel_key "$1")")
	root=$(made root "$1" "$(root_key "$1")")/root
}
