// Which rules came into force while no gate looked: the runner journals every version that it takes, and its lines come onto the record
// here, once each, in order, each with the line itself as its proof (spine §1). What was joined is remembered in the transaction of the
// entry, so a kill in between joins it again, and a restored database joins what it has lost.
import { decode, literal, matching, object, optional, text } from '../base/decode.ts'
import { SekishoError } from '../base/error.ts'
import { type Digest, isDigest } from '../base/hash.ts'
import { readSubject } from '../record/store.ts'
import { type Act, act, type Gate, plain } from './gate.ts'
import { linesAfter, proofOf, type Taken, type TakenLine, takenShape } from './journal-lines.ts'
import { readSetting, writeSetting } from './store.ts'

/** The last version on the record. */
export const RECORDED = 'policy_version'
const JOINED = 'policy_joined'
/** `config apply` writes the file and tells the runner right after: its line is there within this time, or comes later. */
const LINE_MS = 2000
const LOOK_MS = 25

interface Joined {
  /** The last line that was joined: where the next ones begin, if the journal still holds it. */
  readonly line?: Taken
  /** Versions that stand on the record from the file alone; their lines are still to come. */
  readonly unproven: readonly Digest[]
}
type PolicyLine = TakenLine<{
  readonly version: Digest
  readonly before?: Digest
  readonly by: string
}>

const digest = matching(isDigest, 'a digest')
const joinedShape = object({
  line: optional(takenShape),
  unproven: (value: unknown) => (Array.isArray(value) ? value.filter(isDigest) : []),
})
const body = object({
  kind: literal('policy'),
  version: digest,
  before: optional(digest),
  by: text({ max: 200 }),
})
/** INVARIANT P5: a line of the runner's journal is on the record at most once, and never before one that stands above it. */
export async function joinRules(gate: Gate): Promise<void> {
  for (;;) {
    let { line: above } = await readJoined(gate)
    const { lines, last } = await linesAfter(gate, 'policy', body, above)
    for (const line of lines) {
      const expected = above?.digest
      // Another look was faster: what it joined is not joined again.
      if (!(await act(gate, 'system', (step) => joinLine(step, line, expected)))) return
      above = line
    }
    if (last) return
  }
}

/** Until the runner's line of this version is on the record, another version is in force, or no line comes now. */
export async function awaitRules(gate: Gate, version: string): Promise<void> {
  const until = gate.clock.now() + LINE_MS
  const isRecorded = async () => (await readSetting(gate.db, RECORDED)) === version
  try {
    while (!(await isRecorded()) && gate.policy().version === version) {
      await joinRules(gate)
      if ((await isRecorded()) || gate.clock.now() >= until) return
      await gate.clock.sleep(LOOK_MS)
    }
  } catch (error) {
    // No runner, or one that does not answer: the file says what is in force, and the line comes when the runner is seen again.
    if (!(error instanceof SekishoError) || !error.code.startsWith('runner.')) throw error
  }
}

/** On the record from the file alone: its line is proof that comes later. */
export async function markUnproven(step: Act, version: Digest): Promise<void> {
  const joined = await readJoined({ db: step.tx })
  await writeJoined(step, { ...joined, unproven: [...joined.unproven, version] })
}

async function joinLine(step: Act, line: PolicyLine, expected: Digest | undefined): Promise<boolean> {
  const joined = await readJoined({ db: step.tx })
  if (joined.line?.digest !== expected) return false
  const { seq, at, body: said } = line
  const { version } = said
  const waited = joined.unproven.indexOf(version)
  await writeJoined(step, {
    line: { seq, digest: line.digest },
    // What the runner never took before this one, it never takes.
    unproven: joined.unproven.slice(waited + 1),
  })
  const { bytes, digest: proof } = proofOf(line)
  const onRecord = await readSubject(step.tx, 'policy')
  // The runner's state was put back to an older one, and shows its lines again.
  if (onRecord.some(({ entry }) => entry.payload['journal'] === proof)) return true
  // A journal begun anew says again what is in force.
  if (waited < 0 && (await readSetting(step.tx, RECORDED)) === version) return true
  await step.blob('journal', bytes)
  const facts = plain({
    version,
    ...(said.before === undefined ? {} : { before: said.before }),
    by: said.by,
    appliedAt: at,
    journal: proof,
  })
  if (waited >= 0) {
    await step.record('policy.proven', 'policy', facts, [proof])
    return true
  }
  await writeSetting(step.tx, RECORDED, version)
  await step.record('policy.applied', 'policy', facts, [proof])
  await step.tell({ kind: 'policy.applied', values: { version } })
  return true
}

async function readJoined({ db }: Pick<Gate, 'db'> | { readonly db: Act['tx'] }): Promise<Joined> {
  const read = decode(joinedShape, (await readSetting(db, JOINED)) ?? { unproven: [] })
  return read.ok ? (read.value as Joined) : { unproven: [] }
}

async function writeJoined(step: Act, joined: Joined): Promise<void> {
  await writeSetting(step.tx, JOINED, plain(joined))
}
