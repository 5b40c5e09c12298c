// A plan of code passes as the playbook makes it of what this runner staged; with any value changed, or any part missing, it is refused.
import { expect, test } from 'vitest'
import { CHANGE, HOST, NOW, PROBE, policyOf, SERVICE, UNIT } from '../../../tests/runner-fixtures/scene.ts'
import { decode } from '../../base/decode.ts'
import { sha256 } from '../../base/hash.ts'
import type { Json } from '../../base/json.ts'
import { after } from '../../base/time.ts'
import type { CodeStaged } from '../../plans/code.ts'
import type { CodeRules } from '../../plans/code-rules.ts'
import type { StagedTurn } from '../../plans/code-schema.ts'
import { type Plan, plan as planDecoder } from '../../plans/plan.ts'
import { codePlan } from '../../plans/playbooks/code.ts'
import type { Migrated } from '../../plans/playbooks/schema.ts'
import type { CompiledPolicy, Service } from '../../plans/policy.ts'
import { judgeCode } from './code.ts'

const PATH = '/srv/mirai'
const code: CodeRules = {
  repo: {
    path: PATH,
    branch: 'main',
    deploy: 'releases',
    shared: [],
    keep: 5,
    push: { url: 'ssh://git@example.jp/mirai.git' },
  },
  test: { argv: ['node', '--test'], withinMs: 60_000, results: { format: 'junit', files: 'report.xml' } },
  smoke: { argv: ['./smoke'], withinMs: 60_000 },
  rehearse: { withinMs: 60_000, realSecrets: [] },
  oneConcern: false,
}
const service = (rules = code): Service => ({
  name: SERVICE,
  host: HOST,
  unit: UNIT,
  health: PROBE,
  files: [],
  logs: {},
  code: rules,
})
const staged = (over: Partial<CodeStaged> = {}): CodeStaged => ({
  kind: 'code',
  stage: 'a'.repeat(32),
  service: SERVICE,
  at: NOW,
  expires: after(NOW, 86_400),
  commit: 'c'.repeat(40),
  subject: 'feat: greet',
  before: { branch: 'main', commit: 'b'.repeat(40), subject: 'first', status: [] },
  deploy: 'releases',
  path: PATH,
  release: { path: `${PATH}/releases/one`, link: `${PATH}/current`, leads: 'releases/first' },
  artefact: { digest: sha256('built'), entries: 3, bytes: 5 },
  files: [],
  impact: {
    routes: [],
    models: [],
    migrations: [],
    environment: [],
    units: [],
    dependencies: [],
    importers: [],
    findings: [],
    notRead: [],
  },
  rehearsal: {
    verdict: 'green',
    deploy: [1],
    back: [1],
    differences: [],
    notCompared: [],
    realSecrets: [],
    expires: after(NOW, 86_400),
  },
  ...over,
})
const policy: CompiledPolicy = policyOf()
const planOf = (of: CodeStaged): Plan => {
  const made = codePlan(policy, service(), { change: CHANGE, revision: 1, staged: of, message: 'Greet\n' })
  if (made === undefined) throw new TypeError('no plan')
  return made
}
const judged = (plan: Plan, of: CodeStaged | undefined = staged(), rules = code) => {
  const answer = judgeCode(plan, policy, service(rules), of, NOW)
  return answer.ok ? 'ok' : answer.code
}

/** Every plan with one value of the JSON changed, and with one left out. */
function* others(value: Json, path: string): Generator<readonly [string, Json]> {
  if (Array.isArray(value)) {
    for (const [i, one] of value.entries()) {
      yield [`${path}.${i} left out`, value.toSpliced(i, 1)]
      for (const [at, other] of others(one, `${path}.${i}`)) yield [at, value.with(i, other)]
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, one] of Object.entries(value)) {
      yield [
        `${path}.${key} left out`,
        Object.fromEntries(Object.entries(value).filter(([name]) => name !== key)),
      ]
      for (const [at, other] of others(one as Json, `${path}.${key}`))
        yield [
          at,
          Object.fromEntries(Object.entries(value).map(([name, was]) => [name, name === key ? other : was])),
        ]
    }
  } else
    yield [
      path,
      typeof value === 'number' ? value + 1 : typeof value === 'boolean' ? !value : `${String(value)}x`,
    ]
}

/** What people decide: it is sealed, and not the playbook's. */
const FREE = /^plan\.(?:change|revision)(?: left out)?$|message(?: left out)?$/

test('the plan of the playbook passes, with releases and in place', () => {
  expect(judged(planOf(staged()))).toBe('ok')
  const { release: _, ...rest } = staged()
  const place: CodeStaged = { ...rest, deploy: 'in-place' }
  expect(judged(planOf(place), place, { ...code, repo: { ...code.repo, deploy: 'in-place' } })).toBe('ok')
})

test('with one value changed, or left out, it is refused', () => {
  let plans = 0
  for (const [path, other] of others(planOf(staged()) as unknown as Json, 'plan')) {
    const read = decode(planDecoder, other)
    if (!read.ok || FREE.test(path)) continue
    plans++
    expect(judged(read.value), path).toBe('judge.action_outside')
  }
  expect(plans).toBeGreaterThan(25)
})

test('S09: a plan with another artefact than the one that was rehearsed is refused, with that one it passes', () => {
  const rehearsed = staged()
  const other = staged({ artefact: { ...rehearsed.artefact, digest: sha256('rebuilt') } })
  expect(judged(planOf(rehearsed), rehearsed)).toBe('ok')
  expect(judged(planOf(other), rehearsed)).toBe('judge.action_outside')
  // The receipt that belongs to the other one is of another stage.
  expect(judged(planOf(other), { ...other, stage: 'b'.repeat(32) })).toBe('judge.action_outside')
})

test('a stage that is gone, has expired, is of another service, or lies elsewhere, carries no plan', () => {
  const plan = planOf(staged())
  expect(judgeCode(plan, policy, service(), undefined, NOW)).toMatchObject({ code: 'deploy.stage_gone' })
  expect(judged(plan, staged({ expires: after(NOW, -1) }))).toBe('deploy.stage_gone')
  expect(judged(plan, staged({ service: 'other' as typeof SERVICE }))).toBe('judge.action_outside')
  expect(judged(plan, staged({ artefact: { ...staged().artefact, digest: sha256('other') } }))).toBe(
    'judge.action_outside',
  )
  expect(judged(plan, staged(), { ...code, repo: { ...code.repo, path: '/srv/other' } })).toBe(
    'judge.action_outside',
  )
  const { code: _, ...bare } = service()
  expect(judgeCode(plan, policy, bare, staged(), NOW)).toMatchObject({ code: 'deploy.not_declared' })
})

const SITE = '/etc/nginx/sites-available/app'
const sql = (name: string) => ({ name, digest: sha256(name), size: 9 })
const composite = (): Service => ({
  ...service(),
  files: [
    { path: SITE, kind: 'nginx', secret: false, activation: 'reload', unit: 'nginx.service', keep: 'proof' },
    { path: '/srv/mirai/banner', kind: 'file', secret: false, activation: 'none', keep: 'proof' },
  ],
  databases: [
    {
      name: 'mirai',
      port: 5432,
      invariants: {},
      migrations: { role: 'mirai', lockMs: 5000, withinMs: 60_000, dir: 'db/migrations' },
    },
  ],
  maintenance: { on: ['touch', '/run/on'], off: ['rm', '/run/on'], mutes: [] },
})
const withSchema = (over: Partial<CodeStaged> = {}): CodeStaged =>
  staged({
    schema: {
      database: 'mirai',
      port: 5432,
      pairs: ['0002', '0003'].map((name) => ({
        up: sql(`${name}.up.sql`),
        down: sql(`${name}.down.sql`),
        catalogue: sha256(name),
      })),
      checks: [],
    },
    ...over,
  })
const file = (path: string) => ({
  path,
  real: path,
  links: [],
  before: { kind: 'file', digest: sha256('a'), size: 1, mode: 0o644, uid: 0, gid: 0 } as const,
  after: { kind: 'file', digest: sha256('b'), size: 1, mode: 0o644, uid: 0, gid: 0 } as const,
})
const compositePlan = (of: CodeStaged, path = SITE): Plan => {
  const config = { files: [file(path)], reals: [] }
  const wish = { change: CHANGE, revision: 1, staged: of, message: 'Greet\n', config }
  const made = codePlan(policy, composite(), wish)
  if (made === undefined) throw new TypeError('no plan')
  return made
}
const judgedComposite = (plan: Plan, of: CodeStaged): string => {
  const answer = judgeCode(plan, policy, composite(), of, NOW)
  return answer.ok ? 'ok' : answer.code
}
const steps = (plan: Plan) =>
  plan.actions.map(({ action, undo }) => {
    const what =
      action.kind === 'maintenance' ? action.turn : action.kind === 'unit' ? action.verb : action.kind
    return `${what}${undo.map((one) => (one.kind === 'unit' ? ` ${one.verb}` : ` ${one.kind}`)).join('')}`
  })

test('code, schema and site: maintenance around all, SQL before code, and the old code starts when all is back', () => {
  const forward = compositePlan(withSchema())
  expect(steps(forward)).toEqual([
    'on putBack',
    'migrate putBack restart',
    'migrate putBack',
    'layRelease putBack',
    'replaceFiles putBack reload',
    'restart',
    'reload',
    'exec',
    'commit',
    'off putBack',
  ])
  expect(forward.targets.map((target) => target.split(':')[0]?.split('/')[1])).toEqual([
    'code',
    'database',
    'file',
    'nginx',
    'schema',
    'unit',
    'unit',
  ])
  expect(forward.pre).toContainEqual({ kind: 'backup', level: 'content' })
  expect(forward.proof.map(({ kind }) => kind)).toEqual([
    'schema',
    'files',
    'nginx',
    'deployed',
    'running',
    'health',
  ])
  // What takes it back places the old code first: the old schema comes behind it.
  expect(steps(compositePlan(withSchema({ back: true }))).slice(0, 4)).toEqual([
    'on putBack',
    'layRelease putBack restart',
    'migrate putBack',
    'migrate putBack',
  ])
})

test('of such a plan, too, nothing may be other than the playbook makes it', () => {
  const plan = compositePlan(withSchema())
  expect(judgedComposite(plan, withSchema())).toBe('ok')
  let plans = 0
  for (const [path, other] of others(plan as unknown as Json, 'plan')) {
    const read = decode(planDecoder, other)
    // Which files change, and to what, is asked for: inventory.ts judges them.
    if (!read.ok || FREE.test(path) || path.includes('.files.')) continue
    plans++
    expect(judgedComposite(read.value, withSchema()), path).toBe('judge.action_outside')
  }
  expect(plans).toBeGreaterThan(60)
  // Only files of the site change with code.
  expect(judgedComposite(compositePlan(withSchema(), '/srv/mirai/banner'), withSchema())).toBe(
    'judge.action_outside',
  )
})

const TOOL = {
  directory: `${PATH}/current/db`,
  up: ['alembic', 'upgrade', 'head'],
  down: ['alembic', 'downgrade', '-1'],
  status: ['alembic', 'current'],
}
const byTool = (tool: NonNullable<Migrated['migrations']['tool']> = TOOL): Service => ({
  ...composite(),
  databases: [
    {
      name: 'mirai',
      port: 5432,
      invariants: {},
      migrations: { role: 'mirai', lockMs: 5000, withinMs: 60_000, tool },
    },
  ],
})
const withTurn = (over: Partial<StagedTurn> = {}, back?: true): CodeStaged =>
  staged({
    ...(back === undefined ? {} : { back }),
    schema: {
      database: 'mirai',
      port: 5432,
      pairs: [],
      turn: {
        tool: back === undefined ? 'up' : 'down',
        directory: TOOL.directory,
        files: sha256('files'),
        changed: [{ path: 'env.py', after: { mode: '100644', digest: sha256('env'), size: 3 } }],
        catalogue: sha256('catalogue'),
        ...over,
      },
      checks: [],
    },
  })
const toolPlan = (of: CodeStaged, rules: Service = byTool()) =>
  codePlan(policy, rules, { change: CHANGE, revision: 1, staged: of, message: 'Greet\n' })
const judgedTool = (plan: Plan | undefined, of: CodeStaged, rules: Service = byTool()): string => {
  if (plan === undefined) return 'no plan'
  const answer = judgeCode(plan, policy, rules, of, NOW)
  return answer.ok ? 'ok' : answer.code
}

test('code and a tool: the tool before the code, from the files of the stage, and behind it on the way back', () => {
  const forward = toolPlan(withTurn())
  if (forward === undefined) throw new TypeError('no plan')
  expect(steps(forward)).toEqual([
    'on putBack',
    'migrateByTool putBack restart',
    'layRelease putBack',
    'restart',
    'exec',
    'commit',
    'off putBack',
  ])
  expect(forward.actions[1]?.action).toMatchObject({
    stage: staged().stage,
    files: sha256('files'),
    argv: TOOL.up,
    back: TOOL.down,
  })
  const back = toolPlan(withTurn({}, true))
  expect(back === undefined ? [] : steps(back).slice(0, 3)).toEqual([
    'on putBack',
    'layRelease putBack restart',
    'migrateByTool putBack',
  ])
  expect(back?.actions[2]?.action).toMatchObject({ argv: TOOL.down, back: TOOL.up })
})

test('of a plan with a tool, too, nothing may be other than the playbook makes it of what was staged and of the rules', () => {
  const plan = toolPlan(withTurn())
  expect(judgedTool(plan, withTurn())).toBe('ok')
  let plans = 0
  for (const [path, other] of others(plan as unknown as Json, 'plan')) {
    const read = decode(planDecoder, other)
    if (!read.ok || FREE.test(path)) continue
    plans++
    expect(judgedTool(read.value, withTurn()), path).toBe('judge.action_outside')
  }
  expect(plans).toBeGreaterThan(60)
  expect(judgedTool(plan, withTurn({ files: sha256('others') }))).toBe('judge.action_outside')
  for (const tool of [
    { ...TOOL, directory: '/srv/other' },
    { ...TOOL, up: ['other'] },
    { ...TOOL, status: ['other'] },
  ])
    expect(judgedTool(plan, withTurn(), byTool(tool))).toBe('judge.action_outside')
  // The rules declare files by now, or a tool where files were staged.
  expect([toolPlan(withTurn(), composite()), toolPlan(withSchema())]).toEqual([undefined, undefined])
})
