// Which rules came into force while no gate looked: the runner journals every version that it takes, and its lines come onto the record
// here, once each, in order, each with the line itself as its proof (spine §1). What was joined is remembered in the transaction of the
// entry, so a kill in between joins it again, and a restored database joins what it has lost.
import { decode, integer, matching, object, optional, text } from '../base/decode.ts'
import { SekishoError } from '../base/error.ts'
import { type Digest, isDigest, sha256 } from '../base/hash.ts'
import { JsonError, parseCanonical } from '../base/json.ts'
import { isInstant } from '../base/time.ts'
import { readSubject } from '../record/store.ts'
import { type Act, act, type Gate, plain } from './gate.ts'
import { readSetting, writeSetting } from './store.ts'

/** The last version on the record. */
export const RECORDED = 'policy_version'
const JOINED = 'policy_joined'
/** `config apply` writes the file and tells the runner right after: its line is there within this time, or comes later. */
const LINE_MS = 2000
const LOOK_MS = 25

interface Joined {
  /** The last line that was joined: where the next ones begin, if the journal still holds it. */
  readonly line?: { readonly seq: number; readonly digest: Digest }
  /** Versions that stand on the record from the file alone; their lines are still to come. */
  readonly unproven: readonly Digest[]
}
interface PolicyLine {
  readonly text: string
  readonly digest: Digest
  readonly seq: number
  readonly at: string
  readonly version: Digest
  readonly before?: Digest
  readonly by: string
}

const digest = matching(isDigest, 'a digest')
const joinedShape = object({
  line: optional(object({ seq: integer(0), digest })),
  unproven: (value: unknown) => (Array.isArray(value) ? value.filter(isDigest) : []),
})
const body = object({
  kind: (value: unknown) => value,
  version: digest,
  before: optional(digest),
  by: text({ max: 200 }),
})
const lineShape = object({
  v: integer(1, 1),
  seq: integer(0),
  prev: digest,
  boot: text(),
  uptime: integer(0),
  at: matching(isInstant, 'an instant'),
  key: text(),
  body,
})

/** INVARIANT P5: a line of the runner's journal is on the record at most once, and never before one that stands above it. */
export async function joinRules(gate: Gate): Promise<void> {
  for (;;) {
    let { line: above } = await readJoined(gate)
    const { lines, last } = await linesAfter(gate, above)
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
  const { seq, version } = line
  const waited = joined.unproven.indexOf(version)
  await writeJoined(step, {
    line: { seq, digest: line.digest },
    // What the runner never took before this one, it never takes.
    unproven: joined.unproven.slice(waited + 1),
  })
  const proof = sha256(`${line.text}\n`)
  const onRecord = await readSubject(step.tx, 'policy')
  // The runner's state was put back to an older one, and shows its lines again.
  if (onRecord.some(({ entry }) => entry.payload['journal'] === proof)) return true
  // A journal begun anew says again what is in force.
  if (waited < 0 && (await readSetting(step.tx, RECORDED)) === version) return true
  await step.blob('journal', `${line.text}\n`)
  const facts = plain({
    version,
    ...(line.before === undefined ? {} : { before: line.before }),
    by: line.by,
    appliedAt: line.at,
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

async function linesAfter(
  gate: Gate,
  known: Joined['line'],
): Promise<{ readonly lines: readonly PolicyLine[]; readonly last: boolean }> {
  const asked = await ask(gate, known?.seq ?? 0)
  if (known === undefined) return asked
  const [first, ...rest] = asked.lines
  if (first?.digest === known.digest) return { ...asked, lines: rest }
  // That line is gone: this is another journal, and all of it is new.
  gate.log.warn({ seq: known.seq }, 'the runner’s journal is another one than before')
  return ask(gate, 0)
}

async function ask(gate: Gate, from: number) {
  const answer = await gate.runner.ask('read', { what: { kind: 'policies', from } })
  if (answer.kind !== 'policies') throw new SekishoError('runner.protocol', { why: 'another answer' })
  return { lines: answer.lines.map(parseLine), last: answer.last }
}

/** Throws runner.protocol where it is no line of the journal. */
function parseLine(text: string): PolicyLine {
  try {
    const read = decode(lineShape, parseCanonical(text))
    if (!read.ok || read.value.body.kind !== 'policy')
      throw new SekishoError('runner.protocol', { why: read.ok ? 'no line of rules' : read.why })
    const { seq, at, body: said } = read.value
    const { version, before, by } = said
    return {
      text,
      digest: sha256(text),
      seq,
      at,
      version,
      ...(before === undefined ? {} : { before }),
      by,
    }
  } catch (cause) {
    if (cause instanceof JsonError)
      throw new SekishoError('runner.protocol', { why: cause.message }, { cause })
    throw cause
  }
}

async function readJoined({ db }: Pick<Gate, 'db'> | { readonly db: Act['tx'] }): Promise<Joined> {
  const read = decode(joinedShape, (await readSetting(db, JOINED)) ?? { unproven: [] })
  return read.ok ? (read.value as Joined) : { unproven: [] }
}

async function writeJoined(step: Act, joined: Joined): Promise<void> {
  await writeSetting(step.tx, JOINED, plain(joined))
}
