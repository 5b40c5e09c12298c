// What code that nobody has approved may take of this host while it runs in a room: memory and processes together, bytes and files that it writes, text that it
// prints, time. Over a limit the run is ended, and the answer says which limit it was.

export interface RoomLimits {
  readonly memoryBytes: number
  readonly processes: number
  readonly seconds: number
  /** Of text, of which a part is kept. */
  readonly outputBytes: number
  /** Of what it writes on the disk, beyond what the room held before. */
  readonly diskBytes: number
  readonly files: number
}

const GIB = 2 ** 30

/** `machineBytes`: memory that is available now. A room takes at most half of it. */
export function roomLimits(machineBytes: number): RoomLimits {
  return {
    memoryBytes: Math.max(GIB / 4, Math.min(4 * GIB, Math.floor(machineBytes / 2))),
    processes: 512,
    seconds: 900,
    outputBytes: 64 * 2 ** 20,
    diskBytes: 4 * GIB,
    files: 300_000,
  }
}

/** How a run in a room ended. `unavailable`: this machine puts up no room, or the program inside was never reached. */
export const ROOM_ENDS = [
  'exit',
  'signal',
  'time',
  'memory',
  'processes',
  'output',
  'disk',
  'files',
  'cancelled',
  'unavailable',
] as const
export type RoomEnd = (typeof ROOM_ENDS)[number]
