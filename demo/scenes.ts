// The scenes. Each runs real commands, shows what they print, and checks what must have been seen.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ChangeView } from '../src/contract/change.ts'
import { run as runProgram } from '../src/sys/process.ts'
import type { Language } from '../src/words/words.ts'
import { endFaults, hungService, portTaken, SITE } from '../tests/host/faults.ts'
import { CA_PATH, type Outcome } from '../tests/host/host.ts'
import { CHECKOUT } from '../tests/host/place.ts'
import { until } from '../tests/until.ts'
import type { World } from '../tests/world/world.ts'
import { codeChanges, codeLeavesFile } from './code-scene.ts'
import { dataDestroyed } from './data-scene.ts'
import { agentTries } from './guard-scene.ts'
import { schemaChanges } from './schema-scene.ts'
import { type } from './typed.ts'
import type { DemoWords } from './words.ts'

export interface Seen {
  readonly what: string
  readonly ok: boolean
}
export interface Stage {
  readonly world: World
  readonly language: Language
  readonly words: DemoWords
  readonly figures: { commands: number; prompts: number; machineMs: Record<string, number> }
  say(text: string): void
  typed(who: string, line: string, sign?: string): void
  check(what: string, ok: boolean, detail?: string): void
}

const SERVICE = 'mirai-knowledge-system'
const PROPOSED = '/home/claude/mirai.conf'

const newest = async (stage: Stage): Promise<ChangeView> => {
  const { changes } = await stage.world.json<{ changes: ChangeView[] }>('ops1', ['change', 'list', '--all'])
  return changes[0] as ChangeView
}
const shown = async (stage: Stage, id: string) =>
  await stage.world.json<ChangeView>('ops1', ['change', 'show', id])

async function propose(
  stage: Stage,
  site: string,
  instruction: string,
  impact: string,
  risk: string,
  show: 'all' | 'title' = 'title',
): Promise<Outcome> {
  const { host } = stage.world
  await host.put(PROPOSED, site)
  await host.ok(['chown', 'claude:', PROPOSED])
  const wish = [
    '--service',
    SERVICE,
    '--file',
    `${SITE}=${PROPOSED}`,
    '--instruction',
    instruction,
    '--by',
    'ops1',
  ]
  return await type(stage, 'claude', ['do', 'config', ...wish, '--impact', impact, '--risk', risk], show)
}

/** What the service answers to an upload of 3 MB. */
async function upload(stage: Stage): Promise<string> {
  const sent = await stage.world.host.exec([
    'sh',
    '-c',
    `head -c 3000000 /dev/zero | curl -s -o /dev/null -w '%{http_code}' --cacert ${CA_PATH} -X POST --data-binary @- https://localhost/knowledge`,
  ])
  const code = sent.stdout.trim()
  return code === '413' ? `413 ${stage.words.tooLarge}` : `${code} ${stage.words.arrived}`
}

async function fingerprint(stage: Stage): Promise<string> {
  return await stage.world.host.ok(['sh', '-c', `sha256sum ${SITE}; stat -c '%a %u %g' ${SITE}`])
}

let first = ''

const agentProposes = async (stage: Stage): Promise<void> => {
  const { host } = stage.world
  stage.say(`${stage.words.before}: ${stage.words.servedBefore(await upload(stage))}`)
  const site = (await host.read(SITE))
    .toString()
    .replace(/client_max_body_size \d+m;/, 'client_max_body_size 20m;')
  const began = performance.now()
  const { words } = stage
  const result = await propose(stage, site, words.instruction, words.impact, words.risk, 'all')
  stage.figures.machineMs['propose'] = Math.round(performance.now() - began)
  const view = await newest(stage)
  first = view.id
  stage.check(
    'proposed and sealed, waiting for a person',
    result.code === 3 && view.state === 'awaiting_approval',
    result.stderr,
  )
  stage.check(
    'the instruction stands verbatim, as quoted',
    view.instruction.text === stage.words.instruction && view.instruction.mode === 'quoted',
  )
  stage.check(
    'a fact that the explanation leaves out is marked',
    view.disagreements.some(({ detail }) => detail['value'] === 'admin.example.jp'),
  )
}

const personApproves = async (stage: Stage): Promise<void> => {
  const began = performance.now()
  stage.figures.prompts++
  const result = await type(stage, 'ops1', ['change', 'approve', first, '--yes'], 'all')
  stage.figures.machineMs['approve and run'] = Math.round(performance.now() - began)
  const view = await shown(stage, first)
  stage.check(
    'approved by a signature, run once',
    result.code === 0 && view.decisions.some((one) => one.type === 'approve' && one.live),
    result.stdout + result.stderr,
  )
  stage.check('stamped as a demonstration and as approved by one person alone', view.demo && view.solo)
}

const provenAndKept = async (stage: Stage): Promise<void> => {
  const answer = await upload(stage)
  stage.say(stage.words.servedAfter(answer))
  const view = await shown(stage, first)
  stage.check(
    'the new setting is in effect and kept by its own proof',
    view.execution?.outcome === 'kept' && !answer.startsWith('413'),
    JSON.stringify(view.execution),
  )
  const record = await type(stage, 'ops1', ['record', 'show', first], 'out')
  stage.check(
    'the record has the guide’s eight headings',
    (record.stdout.match(/^## /gm) ?? []).length === 8,
    record.stdout,
  )
}

const successThatIsNone = async (stage: Stage): Promise<void> => {
  const { host } = stage.world
  // While the port is held the trial itself is red; here it is taken after the trial.
  const planted = await portTaken(host)
  await host.exec(['systemctl', 'stop', 'other-program.service'])
  const before = await fingerprint(stage)
  await propose(
    stage,
    planted.candidate,
    stage.words.instructionPort,
    stage.words.impactPort,
    stage.words.riskPort,
  )
  const { id } = await newest(stage)
  await portTaken(host)
  stage.say(stage.words.portHolder)
  stage.figures.prompts++
  const result = await type(stage, 'ops1', ['change', 'approve', id, '--yes'])
  const view = await shown(stage, id)
  const same = (await fingerprint(stage)) === before
  stage.check(
    'E3: reload said success, the proof said no, and it went back by itself',
    result.code === 1 && view.execution?.outcome === 'rolled_back',
    result.stdout + result.stderr,
  )
  stage.check('bytes, owner and mode are as before', same)
  if (same) stage.say(stage.words.liveUnchanged)
  await endFaults(host)
  await host.exec(['systemctl', 'stop', 'other-program.service'])
}

let waiting = ''

const agentCannotApprove = async (stage: Stage): Promise<void> => {
  const { host } = stage.world
  const site = (await host.read(SITE))
    .toString()
    .replace(/client_max_body_size \d+m;/, 'client_max_body_size 30m;')
  await propose(stage, site, stage.words.instructionDrift, stage.words.impactDrift, stage.words.riskDrift)
  const { id } = await newest(stage)
  waiting = id
  const result = await type(stage, 'claude', ['change', 'approve', id, '--yes'])
  const view = await shown(stage, id)
  stage.check(
    'an agent’s approval is refused by rule',
    result.code === 2 && view.state === 'awaiting_approval' && /agent/.test(result.stderr + result.stdout),
    result.stderr,
  )
}

const backDoor = async (stage: Stage): Promise<void> => {
  const { host } = stage.world
  stage.say(stage.words.behind)
  await host.ok(['sh', '-c', `echo '# hotfix' >> ${SITE}`])
  stage.figures.prompts++
  const result = await type(stage, 'ops1', ['change', 'approve', waiting, '--yes'])
  const view = await shown(stage, waiting)
  const tail = (await host.read(SITE)).toString().trimEnd().split('\n').at(-1)
  stage.check(
    'the approval is void and nothing ran',
    result.code === 2 && view.state === 'void' && tail === '# hotfix',
    result.stdout + result.stderr,
  )
  stage.check(
    'the sentence names what moved',
    (view.moved ?? []).some(({ what }) => what.includes('mirai')),
  )
}

const oneHand = async (stage: Stage): Promise<void> => {
  const { host } = stage.world
  stage.say(stage.words.signedOnce)
  stage.figures.prompts++
  const signed = await type(stage, 'ops1', ['standing', 'sign', SERVICE, 'restart', '--yes'])
  stage.check('the owner signed a standing statement', signed.code === 0, signed.stderr)
  await hungService(host)
  stage.say(stage.words.hung)
  const began = performance.now()
  const result = await type(stage, 'ops1', [
    'incident',
    'open',
    '--service',
    SERVICE,
    '--because',
    stage.words.instructionRestart,
  ])
  const took = performance.now() - began
  stage.figures.machineMs['restart'] = Math.round(took)
  const healthy = await until('the service to answer', 20_000, async () =>
    (await host.exec(['curl', '-sf', '--max-time', '2', '--cacert', CA_PATH, 'https://localhost/health']))
      .code === 0
      ? true
      : undefined,
  ).catch(() => false)
  stage.check(
    'an incident: evidence sealed first, then a restart by a standing statement',
    result.code === 0 && healthy === true,
    result.stdout + result.stderr,
  )
  if (healthy === true) stage.say(stage.words.recovered((took / 1000).toFixed(1)))
  const { incidents } = await stage.world.json<{ incidents: { id: string }[] }>('ops1', ['incident', 'list'])
  const id = incidents[0]?.id ?? ''
  const closing = ['--cause', stage.words.nightCause, '--action', stage.words.nightAction]
  const closed = await type(
    stage,
    'ops1',
    ['incident', 'close', id, ...closing, '--without-soak', stage.words.nightSoak],
    'title',
  )
  const verified = await type(stage, 'ops1', ['incident', 'verify', id])
  stage.check(
    'the incident is closed with its cause, and its evidence is whole',
    closed.code === 0 && verified.code === 0,
    closed.stdout + closed.stderr + verified.stdout + verified.stderr,
  )
}

const takeTheProof = async (stage: Stage): Promise<void> => {
  const { host } = stage.world
  const file = '/home/ops1/ledger.sekisho'
  const exported = await type(stage, 'ops1', ['ledger', 'export', '--out', file], 'out')
  stage.check('the ledger is exported', exported.code === 0, exported.stderr)
  const { publicKey } = await stage.world.json<{ publicKey: string }>('ops1', [
    'ledger',
    'export',
    '--out',
    file,
  ])
  const scratch = await mkdtemp(join(tmpdir(), 'sekisho-demo-'))
  try {
    const here = join(scratch, 'ledger.sekisho')
    await writeFile(here, await host.read(file))
    stage.say(stage.words.offline)
    const sound = await verify(stage, here, publicKey)
    stage.check('verified offline', sound.code === 0, sound.stdout + sound.stderr)
    const bytes = await readFile(here)
    const at = bytes.indexOf(Buffer.from('"kind":"change.approved"')) + 9
    bytes[at] = (bytes[at] as number) ^ 1
    await writeFile(here, bytes)
    stage.say(stage.words.flipped)
    const damaged = await verify(stage, here, publicKey)
    stage.check('one byte changed is found and named', damaged.code === 2, damaged.stdout + damaged.stderr)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function verify(stage: Stage, file: string, publicKey: string) {
  stage.typed('laptop', `sekisho-verify ledger.sekisho --key ${publicKey.slice(0, 24)}…`)
  const result = await runProgram(
    [
      process.execPath,
      join(CHECKOUT, 'dist/sekisho-verify.mjs'),
      file,
      '--key',
      publicKey,
      '--lang',
      stage.language,
    ],
    { timeoutMs: 60_000 },
  )
  stage.say((result.stdout + result.stderr).trimEnd())
  return { code: result.code ?? -1, stdout: result.stdout, stderr: result.stderr }
}

export interface Scene {
  readonly play: (stage: Stage) => Promise<void>
  /** Scenes, by their number, that must have been played before. */
  readonly after: readonly number[]
  /** Played by its number only. */
  readonly apart?: true
}
export const SCENES: readonly Scene[] = [
  { play: agentProposes, after: [] },
  { play: personApproves, after: [1] },
  { play: provenAndKept, after: [1, 2] },
  { play: successThatIsNone, after: [] },
  { play: agentCannotApprove, after: [] },
  { play: backDoor, after: [5] },
  { play: oneHand, after: [] },
  { play: agentTries, after: [] },
  { play: dataDestroyed, after: [] },
  { play: codeChanges, after: [] },
  { play: schemaChanges, after: [] },
  { play: takeTheProof, after: [1, 2] },
  { play: codeLeavesFile, after: [], apart: true },
]
