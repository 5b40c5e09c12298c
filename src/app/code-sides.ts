// Both sides of what a change of code changes, as the runner has staged them: read once, held against the digests that are sealed.
import { SekishoError } from '../base/error.ts'
import { type Digest, sha256 } from '../base/hash.ts'
import type { FileDiff } from '../change/diff.ts'
import type { CodeStaged } from '../plans/code.ts'
import type { Gate } from './gate.ts'

/** Of one side; larger ones are told by size and digest. */
const SIDE_MAX = 262_144
/** Of all sides together: what nobody reads in one go is told by size and digest, too. */
const ALL_MAX = 4_194_304

export async function readSides(
  gate: Gate,
  { stage, files }: CodeStaged,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const sides = new Map<string, Uint8Array>()
  let left = ALL_MAX
  for (const { before, after } of files)
    for (const one of [before, after]) {
      if (one === undefined || before?.digest === after?.digest || sides.has(one.digest)) continue
      if (one.size > SIDE_MAX || one.size > left) continue
      left -= one.size
      sides.set(one.digest, await readSide(gate, stage, one.digest))
    }
  return sides
}

async function readSide(gate: Gate, stage: string, digest: Digest): Promise<Uint8Array> {
  const parts: Buffer[] = []
  for (let offset = 0; ; ) {
    const part = await gate.runner.read({ kind: 'stagedFile', stage, digest, offset })
    const piece = Buffer.from(part.base64, 'base64')
    parts.push(piece)
    offset += piece.length
    if (part.last || piece.length === 0) break
  }
  const bytes = Buffer.concat(parts)
  if (sha256(bytes) !== digest) throw new SekishoError('runner.protocol', { why: `a staged file: ${digest}` })
  return bytes
}

/** The SQL that a plan of it names, and what is shown of files of a migration tool: the gate keeps it as it keeps what was handed in. */
export async function readMigrations(
  gate: Gate,
  { stage, schema }: CodeStaged,
  sides: ReadonlyMap<string, Uint8Array>,
): Promise<ReadonlyMap<Digest, Uint8Array>> {
  const found = new Map<Digest, Uint8Array>()
  for (const { digest } of (schema?.pairs ?? []).flatMap(({ up, down }) => [up, down]))
    found.set(digest, sides.get(digest) ?? (await readSide(gate, stage, digest)))
  const texts = (schema?.turn?.changed ?? []).flatMap(({ before, after }) => [before?.text, after?.text])
  for (const digest of texts)
    if (digest !== undefined && !found.has(digest))
      found.set(digest, sides.get(digest) ?? (await readSide(gate, stage, digest)))
  return found
}

/** The SQL of a commit that goes forward. What goes back was accepted when it came. */
export function filesGoingForward(
  { schema, back }: Pick<CodeStaged, 'schema' | 'back'>,
  migrations: ReadonlyMap<Digest, Uint8Array>,
) {
  if (back === true) return []
  return (schema?.pairs ?? [])
    .flatMap(({ up, down }) => [up, down])
    .map(({ name, digest }) => ({ name, bytes: migrations.get(digest) ?? new Uint8Array() }))
}

/** Each file by itself, in the order of the stage. */
export function codeDiffs({ files }: CodeStaged, sides: ReadonlyMap<string, Uint8Array>): FileDiff[] {
  return files.map((file) => {
    const before = file.before === undefined ? undefined : sides.get(file.before.digest)
    const after = file.after === undefined ? undefined : sides.get(file.after.digest)
    return {
      kind: 'code',
      file,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    }
  })
}
