#!/bin/bash
# Boots one test host: systemd as PID 1 in namespaces of its own, on an overlay of the machine's root.
#   launcher.sh keep HOST_DIRECTORY    stays outside, starts the host again after an orderly reboot
#   launcher.sh inside HOST_DIRECTORY  runs in the new namespaces, makes the root and becomes PID 1
#   launcher.sh watch OWNER_PID COMMAND…  waits for the end of the owner, then runs the command
# HOST_DIRECTORY is written by boot.ts: name, lower, cgroup, netns (one word each), binds and disks (tab separated lines).
set -euo pipefail
umask 022
role=$1
directory=$2
self=$(readlink -f "$0")

# A reboot ends PID 1 of a pid namespace by SIGHUP; bash shows that as 129.
REBOOTED=129

keep() {
  local cgroup status
  cgroup=$(<"$directory/cgroup")
  while :; do
    mkdir -p "$cgroup"
    status=0
    (
      # The cgroup comes first: the namespace's root is where we stand when it is made.
      echo "$BASHPID" >"$cgroup/cgroup.procs"
      exec nsenter --net="$(<"$directory/netns")" \
        unshare --pid --mount --fork --cgroup --uts --ipc --kill-child "$self" inside "$directory"
    ) || status=$?
    rm -f "$directory/pid"
    [ "$status" = "$REBOOTED" ] || break
    find "$cgroup" -mindepth 1 -depth -type d -exec rmdir {} + 2>/dev/null || true
  done
  echo "ended with $status"
}

# The pid as the machine sees it, with its start time, so that a number used again is not taken for the host.
announce() {
  local pid rest start
  read -r pid rest </proc/self/stat
  # Fields after the command name: state is the first, start time the twentieth.
  start=$(sed 's/.*) //' "/proc/$pid/stat" | cut -d' ' -f20)
  echo "$pid $start" >"$directory/pid.new"
  mv "$directory/pid.new" "$directory/pid"
}

read_only() {
  [ -e "$1" ] || return 0
  mount --bind "$1" "$1"
  mount -o remount,bind,ro "$1"
}

proc_and_sys() {
  local root=$1 entry
  mount -t proc proc "$root/proc"
  # /proc/sys is shared with the machine: closed, except what belongs to the network and user namespaces.
  for entry in sys sysrq-trigger irq bus acpi; do read_only "$root/proc/$entry"; done
  for entry in net user; do
    mount --bind "$root/proc/sys/$entry" "$root/proc/sys/$entry"
    mount -o remount,bind,rw "$root/proc/sys/$entry"
  done
  for entry in kcore kmsg; do [ ! -e "$root/proc/$entry" ] || mount --bind /dev/null "$root/proc/$entry"; done
  # Without an own boot id the journal takes all boots for one.
  cat /proc/sys/kernel/random/uuid >"$directory/boot_id"
  mount --bind "$directory/boot_id" "$root/proc/sys/kernel/random/boot_id"
  mount -o remount,bind,ro "$root/proc/sys/kernel/random/boot_id"
  mount -t sysfs -o ro sysfs "$root/sys"
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
}

devices() {
  local root=$1 name
  mount -t tmpfs -o mode=755 tmpfs "$root/dev"
  mkdir "$root/dev/pts" "$root/dev/shm" "$root/dev/mqueue"
  chmod 1777 "$root/dev/shm"
  for name in null zero full random urandom tty fuse; do
    [ -e "/dev/$name" ] || continue
    : >"$root/dev/$name"
    mount --bind "/dev/$name" "$root/dev/$name"
  done
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
  ln -s pts/ptmx "$root/dev/ptmx"
  ln -s /proc/self/fd "$root/dev/fd"
  ln -s /proc/self/fd/0 "$root/dev/stdin"
  ln -s /proc/self/fd/1 "$root/dev/stdout"
  ln -s /proc/self/fd/2 "$root/dev/stderr"
  : >"$root/dev/console"
  mount --bind "$directory/console.log" "$root/dev/console"
}

binds() {
  local root=$1 source target access
  while IFS=$'\t' read -r source target access; do
    if [ -d "$source" ]; then
      mkdir -p "$root$target"
    else
      mkdir -p "$(dirname "$root$target")"
      [ -e "$root$target" ] || : >"$root$target"
    fi
    mount --bind "$source" "$root$target"
    [ "$access" = rw ] || mount -o remount,bind,ro "$root$target"
  done <"$directory/binds"
}

# A loop disk keeps its data over reboot and crash; a tmpfs does not.
disks() {
  local root=$1 target size kind image
  while IFS=$'\t' read -r target size kind; do
    mkdir -p "$root$target"
    if [ "$kind" = tmpfs ]; then
      mount -t tmpfs -o "size=$size,mode=755" tmpfs "$root$target"
      continue
    fi
    image=$directory/disk${target//\//-}.img
    if [ ! -f "$image" ]; then
      truncate -s "$size" "$image"
      case $kind in
        ext4) mkfs.ext4 -q -F "$image" ;;
        xfs) mkfs.xfs -q -f "$image" ;;
        *) echo "unknown file system $kind" >&2 && exit 1 ;;
      esac
    fi
    mount -o loop "$image" "$root$target"
  done <"$directory/disks"
}

inside() {
  local root=$directory/root name
  name=$(<"$directory/name")
  mount --make-rprivate /
  mount -t overlay overlay -o "lowerdir=$(<"$directory/lower"):/,upperdir=$directory/upper,workdir=$directory/work" "$root"
  proc_and_sys "$root"
  devices "$root"
  mount -t tmpfs -o mode=755 tmpfs "$root/run"
  mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
  # A user namespace may mount proc only where the mount namespace has one without anything mounted over it.
  mkdir -p -m 700 "$root/run/testhost/proc"
  mount -t proc proc "$root/run/testhost/proc"
  binds "$root"
  disks "$root"
  echo "$name" >"$root/etc/hostname"
  hostname "$name"
  announce
  cd "$root"
  mkdir -p .machine
  pivot_root . .machine
  cd /
  umount -l /.machine
  rmdir /.machine
  exec setpriv \
    --bounding-set=-sys_module,-sys_time,-sys_rawio,-sys_pacct,-wake_alarm,-block_suspend,-mac_admin,-mac_override \
    env -i container=sekisho LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --system --log-target=journal --show-status=0 </dev/null >/dev/null 2>&1
}

# A zombie is dead: its parent may never ask for it. The twentieth field after the name is the start time. No process is started to look:
# there is a watcher for every host.
born_of() {
  local line fields
  read -r line 2>/dev/null <"/proc/$1/stat" || return 1
  read -ra fields <<<"${line##*) }"
  [ "${fields[0]}" != Z ] && born=${fields[19]}
}

watch() {
  local born first
  born_of "$owner" || exec "$@"
  first=$born
  exec {idle}<> <(:)
  while born_of "$owner" && [ "$born" = "$first" ]; do read -rt 0.5 -u "$idle" || true; done
  exec {idle}<&-
  exec "$@"
}

case $role in
  keep) keep ;;
  inside) inside ;;
  watch)
    owner=$2
    shift 2
    watch "$@"
    ;;
  *) echo "unknown role $role" >&2 && exit 64 ;;
esac
