// Block devices, told by the shape of their names.
import type { Path, Segment } from './path.ts'
import { literal } from './value.ts'

/** What is written there lies on a disk, or in the memory of /dev/shm; all else below /dev is a device, and has rules of its own. */
export function takesRoom({ segments: [first, second] }: Path): boolean {
  return (
    first === undefined ||
    first === 'tree' ||
    literal(first) !== 'dev' ||
    (second !== undefined && second !== 'tree' && literal(second) === 'shm')
  )
}

/** A block device by the shape of its name. */
export function isDevice({ segments, loose }: Path): boolean {
  const [first, second] = segments
  if (loose || first === undefined || startOf(first) !== 'dev' || second === undefined || second === 'tree')
    return false
  const name = second.every((piece) => typeof piece === 'string') ? second.join('') : undefined
  if (name === undefined) return isOpenDevice(second)
  if (segments.length > 2)
    return (
      /^(?:mapper|disk|md|zvol|block|vg[\w.-]*|[\w.-]*vg)$/i.test(name) &&
      !(name === 'mapper' && isControl(segments.at(-1)))
    )
  return DEVICE.test(name)
}
const DEVICE =
  /^(?:[shv]d[a-z]{1,3}\d{0,3}|xvd[a-z]{1,2}\d{0,3}|nvme\d+n\d+(?:p\d+)?|mmcblk\d+(?:p\d+|boot\d|rpmb)?|loop\d+(?:p\d+)?|md\d+(?:p\d+)?|dm-\d+|drbd\d+|nbd\d+(?:p\d+)?|rbd\d+(?:p\d+)?|zd\d+|sr\d+|ram\d+|pmem\d+|bcache\d+|mtd(?:block)?\d+|ada\d+(?:[ps]\d+[a-z]?)?|da\d+(?:[ps]\d+[a-z]?)?|r?disk\d+(?:s\d+)*|cciss|st\d+|nst\d+)$/
const STARTS = ['sd', 'hd', 'vd', 'xvd', 'nvme', 'mmcblk', 'md', 'dm-', 'disk', 'rdisk', 'loop']
const isOpenDevice = (segment: Segment) => {
  const start = startOf(segment)
  return typeof start === 'string' && STARTS.some((one) => start.startsWith(one))
}
const startOf = (segment: Segment) => (segment === 'tree' ? undefined : segment[0])
const isControl = (segment: Segment | undefined) =>
  segment !== undefined && segment !== 'tree' && segment.length === 1 && segment[0] === 'control'
