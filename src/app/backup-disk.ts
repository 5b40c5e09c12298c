// Proposes a place for copies on another disk than the data, from the mount table. The runner finds out what it really is when a copy is made.

interface Mount {
  readonly at: string
  /** Major and minor number of the device. */
  readonly device: string
  readonly type: string
}

const DISKS = new Set(['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'zfs', 'f2fs', 'bcachefs'])
const REMOTE = new Set(['nfs', 'nfs4', 'cifs', 'smb3', 'ceph', 'glusterfs'])
/** Directories of the system, which are no place for copies. */
const SYSTEM = /^\/(?:boot|efi|etc|usr|var|home|root|opt|srv|tmp|run|dev|proc|sys|snap|nix)(?:\/|$)/

/** Mount points that may hold copies of these directories, the best first. `mountinfo`: /proc/self/mountinfo. Total. */
export function backupPlaces(mountinfo: string, data: readonly string[]): readonly string[] {
  const mounts = mountinfo.split('\n').flatMap((line): readonly Mount[] => {
    const [left, right] = line.split(' - ')
    const [, , device, , at] = (left ?? '').split(' ')
    const type = right?.split(' ')[0]
    return device === undefined || at === undefined || type === undefined
      ? []
      : [{ device, at: plain(at), type }]
  })
  const of = (path: string) =>
    mounts
      .filter(({ at }) => at === '/' || path === at || path.startsWith(`${at}/`))
      .sort((a, b) => b.at.length - a.at.length)[0]
  const used = new Set(['/', ...data].map((path) => of(path)?.device))
  return [
    ...new Set(
      mounts
        .filter(
          ({ at, device, type }) =>
            (DISKS.has(type) || REMOTE.has(type)) &&
            !used.has(device) &&
            (isNamed(at) || !SYSTEM.test(at)) &&
            of(at)?.device === device,
        )
        .map(({ at }) => at),
    ),
  ].sort((a, b) => Number(isNamed(b)) - Number(isNamed(a)) || a.length - b.length)
}

const isNamed = (at: string) => /backup|bkup|copies/i.test(at)

/** The kernel writes a space as \040. */
function plain(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}
