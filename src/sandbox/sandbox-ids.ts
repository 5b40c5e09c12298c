// The user ids of the sandbox: each run has a range of its own, far above any user of the machine; root inside is the
// first of them outside.
import { chown } from 'node:fs/promises'
import { ONE_ID, type SandboxKind } from './sandbox-argv.ts'

export const FIRST_UID = 1_879_048_192
const RANGE = 65_536
const SLOTS = 4_000
/** Between the starting places of two processes whose numbers follow each other, and between two ranges of one process. */
const PLACES = 37
const STRIDE = 1009

const used = new Set<number>()

/** Lends a range of user ids that no other run of this process has at the same time. */
export async function withIds<T>(work: (baseUid: number) => Promise<T>): Promise<T> {
  // Two processes at the same time (a test beside a runner, two runners of a test) start in different places, and so do their second and third ranges:
  // whoever ends a room ends everything that runs in its range.
  let slot = (process.pid * PLACES) % SLOTS
  while (used.has(slot)) slot = (slot + STRIDE) % SLOTS
  used.add(slot)
  try {
    return await work(FIRST_UID + slot * RANGE)
  } finally {
    used.delete(slot)
  }
}

/** The owner outside of what belongs to `uid` inside; undefined where only one id exists. */
export function ownerInside(kind: SandboxKind, baseUid: number, uid: number): number | undefined {
  switch (kind) {
    case 'mapped':
      return uid < RANGE ? baseUid + uid : baseUid + ONE_ID
    case 'one-id':
      return undefined
    case 'root-one-id':
      return ONE_ID
  }
}

/** Gives a file to the ids inside; where we are not root it stays ours, which is the one id inside. */
export async function giveInside(
  path: string,
  kind: SandboxKind,
  baseUid: number,
  owner: { readonly uid: number; readonly gid: number },
): Promise<void> {
  const uid = ownerInside(kind, baseUid, owner.uid)
  const gid = ownerInside(kind, baseUid, owner.gid)
  if (uid !== undefined && gid !== undefined) await chown(path, uid, gid)
}
