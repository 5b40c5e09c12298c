// Plans, envelopes, a policy and statements that the vectors and the tests of seal/ are made of. The keys are TEST KEYS: they lie here.
import { type Digest, sha256 } from '../../../src/base/hash.ts'
import type { Json } from '../../../src/base/json.ts'
import { decode } from '../../../src/base/decode.ts'
import { type Envelope, envelope, envelopeDigest } from '../../../src/seal/envelope.ts'
import { baselineDigest } from '../../../src/plans/fingerprint.ts'
import { tierOf } from '../../../src/seal/tier.ts'
import { type Plan, plan, planDigest } from '../../../src/plans/plan.ts'
import { playbookDigest } from '../../../src/seal/playbooks.ts'
import { type CompiledPolicy, compiledPolicy, decidingPart, policyVersion } from '../../../src/plans/policy.ts'
import { parseStatement, type Statement } from '../../../src/seal/statement.ts'
import { canonical } from '../../../src/base/json.ts'

/** Reads a value by the decoder that the product uses, so that a sample cannot be something else than it says. */
function read<T>(decoder: (value: unknown, at: string) => T, value: unknown): T {
  const answer = decode(decoder, value)
  if (!answer.ok) throw new Error(`${answer.at}: ${answer.why}`)
  return answer.value
}

export const NOW = '2026-11-25T05:02:11.000Z'
const digestOf = (text: string): Digest => sha256(text)

export const FINGERPRINTS = {
  hanako: 'SHA256:hanakohanakohanakohanakohanakohanakohanak00',
  taro: 'SHA256:tarotarotarotarotarotarotarotarotarotaro000',
  jiro: 'SHA256:jirojirojirojirojirojirojirojirojirojiro000',
  claude: 'SHA256:claudeclaudeclaudeclaudeclaudeclaudeclaude0',
} as const

/** A key as it stands in a compiled policy. */
export const enrolled = (fingerprint: string, more: Readonly<Record<string, unknown>> = {}) => ({ fingerprint, public: `ssh-ed25519 ${fingerprint.slice(7)}`, class: 'file', revoked: false, demo: false, ...more })
export const CLAUDE = { id: 'claude', name: 'Claude', model: 'claude', sponsor: 'hanako', paused: false, keys: [enrolled(FINGERPRINTS.claude)] }

interface PersonWish {
  readonly id: string
  readonly name?: string
  readonly roles?: readonly string[]
  readonly services?: readonly string[]
  readonly group?: string
  readonly keys: readonly { readonly fingerprint: string; readonly public?: string; readonly class?: string; readonly revoked?: boolean; readonly demo?: boolean }[]
}

/** A compiled policy with these people; `rules` replaces single rules. */
export function makePolicy(people: readonly PersonWish[], rules: Readonly<Record<string, unknown>> = {}, agents: readonly Readonly<Record<string, unknown>>[] = [CLAUDE]): CompiledPolicy {
  const tier = { approvals: 1, roles: ['approver', 'owner'], keys: ['file', 'device', 'hardware'] }
  const body = {
    v: 1,
    name: 'example',
    language: 'ja',
    zone: 'Asia/Tokyo',
    people: people.map((one) => ({
      id: one.id,
      name: one.name ?? one.id,
      roles: one.roles ?? ['approver'],
      services: one.services ?? [],
      ...(one.group === undefined ? {} : { group: one.group }),
      keys: one.keys.map((key) => ({
        fingerprint: key.fingerprint,
        public: key.public ?? `ssh-ed25519 ${key.fingerprint.slice(7)}`,
        class: key.class ?? 'file',
        revoked: key.revoked ?? false,
        demo: key.demo ?? false,
      })),
    })),
    agents: JSON.parse(JSON.stringify(agents)) as readonly object[],
    services: [
      {
        name: 'mirai',
        host: 'web1',
        unit: 'mirai.service',
        health: { url: 'https://localhost/health', status: 200, json: { status: 'healthy' }, withinMs: 10_000, ca: '/etc/ssl/mirai/ca.pem', good: 3, of: 3, everyMs: 1000 },
        files: [
          { path: '/etc/nginx/sites-available/mirai', kind: 'nginx', secret: false, activation: 'reload', unit: 'nginx.service', keep: 'proof' },
          { path: '/srv/mirai/.env', kind: 'dotenv', secret: true, activation: 'restart', unit: 'mirai.service', keep: 'proof' },
        ],
        logs: { error: '/var/log/mirai/error.log' },
      },
      { name: 'other', host: 'web1', files: [], logs: {} },
    ],
    rules: {
      tier1: tier,
      tier2: tier,
      standingPerHour: 6,
      windows: [{ services: ['other'], days: [0, 6], fromMinute: 60, untilMinute: 300, zone: 'Asia/Tokyo' }],
      freezes: [{ services: [], from: '2026-12-28T15:00:00.000Z', until: '2027-01-04T15:00:00.000Z', reason: '年末年始', passes: ['owner'] }],
      notification: { config: 'not_needed', service: 'not_needed' },
      keepSeconds: 300,
      approvalSeconds: 86_400,
      floorBytes: 67_108_864,
      agentUser: 'shared',
      level: 'observe',
      ...rules,
    },
  }
  const version = policyVersion(body as unknown as Omit<CompiledPolicy, 'version'>, digestOf('guard'))
  return read(compiledPolicy, { ...body, version })
}

/** Hanako and Taro may approve; Claude works for Hanako. */
export const TEAM = makePolicy([
  { id: 'hanako', name: '運用 花子', roles: ['approver', 'operator', 'owner'], keys: [{ fingerprint: FINGERPRINTS.hanako }] },
  { id: 'taro', name: '検査 太郎', keys: [{ fingerprint: FINGERPRINTS.taro, class: 'device' }] },
])
/** Hanako alone. */
export const ALONE = makePolicy([
  { id: 'hanako', name: '運用 花子', roles: ['owner'], keys: [{ fingerprint: FINGERPRINTS.hanako }] },
])

const file = (text: string, more: Readonly<Record<string, Json>> = {}) => ({ kind: 'file', digest: digestOf(text), size: Buffer.byteLength(text), mode: 0o644, uid: 0, gid: 0, ...more })
const common = { v: 1, change: 'CHG-2026-0001', revision: 1, host: 'web1', service: 'mirai' } as const

const STAGE = '9e'.repeat(16)
const BACKED_UP = { backup: '20261125_040000Z', copy: 'd1', manifest: digestOf('manifest'), taken: '2026-11-25T04:00:00.000Z' }

const MAINTENANCE = {
  kind: 'maintenance',
  on: ['/srv/mirai/bin/maintenance', 'on'],
  off: ['/srv/mirai/bin/maintenance', 'off'],
  directory: '/srv/mirai',
  unit: 'mirai.service',
}

export const PLANS: Readonly<Record<string, Plan>> = {
  nginx: read(plan, {
    ...common,
    pattern: 'config',
    playbook: 'config/1',
    targets: ['web1/file:/etc/nginx/sites-available/mirai', 'web1/nginx', 'web1/unit:nginx.service'],
    actions: [
      {
        id: '1',
        action: {
          kind: 'replaceFiles',
          files: [
            {
              path: '/etc/nginx/sites-available/mirai',
              real: '/etc/nginx/sites-available/mirai',
              links: [],
              before: file('client_max_body_size 1m;\n'),
              after: file('client_max_body_size 8m;\n'),
            },
          ],
        },
        undo: [{ kind: 'putBack' }, { kind: 'unit', verb: 'reload', unit: 'nginx.service' }],
        timeoutMs: 30_000,
      },
      { id: '2', action: { kind: 'unit', verb: 'reload', unit: 'nginx.service' }, undo: [], timeoutMs: 90_000 },
    ],
    pre: [{ kind: 'health' }, { kind: 'unit', unit: 'nginx.service', active: true }],
    proof: [{ kind: 'files' }, { kind: 'nginx', unit: 'nginx.service', errorLog: '/var/log/nginx/error.log', stableMs: 4000 }, { kind: 'health' }],
    diagnostics: false,
    keep: { by: 'proof', seconds: 300 },
  }),
  repair: read(plan, {
    ...common,
    pattern: 'config',
    playbook: 'config/1',
    targets: ['web1/file:/srv/mirai/mirai.conf', 'web1/unit:mirai.service'],
    actions: [
      {
        id: '1',
        action: {
          kind: 'replaceFiles',
          files: [
            {
              path: '/srv/mirai/mirai.conf',
              real: '/srv/mirai/mirai.conf',
              links: [],
              before: file('port = 8o80\n'),
              after: file('port = 8080\n'),
            },
          ],
        },
        undo: [{ kind: 'putBack' }, { kind: 'unit', verb: 'restart', unit: 'mirai.service' }],
        timeoutMs: 30_000,
      },
      { id: '2', action: { kind: 'unit', verb: 'restart', unit: 'mirai.service' }, undo: [], timeoutMs: 190_000 },
    ],
    pre: [],
    proof: [{ kind: 'files' }, { kind: 'running', unit: 'mirai.service', active: true, newer: true, stableMs: 2000 }, { kind: 'health' }],
    diagnostics: false,
    keep: { by: 'proof', seconds: 300 },
    startsFrom: 'down',
  }),
  restart: read(plan, {
    ...common,
    pattern: 'service',
    playbook: 'service/1',
    targets: ['web1/unit:mirai.service'],
    actions: [{ id: '1', action: { kind: 'unit', verb: 'restart', unit: 'mirai.service' }, undo: [], timeoutMs: 120_000 }],
    pre: [],
    proof: [{ kind: 'running', unit: 'mirai.service', active: true, newer: true, stableMs: 2000 }, { kind: 'health' }],
    diagnostics: true,
    keep: { by: 'proof', seconds: 300 },
  }),
  dotenv: read(plan, {
    ...common,
    change: 'CHG-2026-12345',
    revision: 3,
    pattern: 'config',
    playbook: 'config/1',
    targets: ['web1/file:/srv/mirai/.env', 'web1/unit:mirai.service'],
    actions: [
      {
        id: '1',
        action: {
          kind: 'editEnv',
          path: '/srv/mirai/.env',
          real: '/srv/mirai/shared/env',
          links: [{ path: '/srv/mirai/.env', target: 'shared/env' }],
          before: { kind: 'secret', keyed: 'ab'.repeat(32), mode: 0o600, uid: 998, gid: 998 },
          set: [
            { key: 'LOG_LEVEL', to: { kind: 'text', value: 'debug "東京" \u007f\n\t' } },
            { key: 'API_TOKEN', to: { kind: 'secret', reference: 'mirai/API_TOKEN', version: 2, keyed: 'cd'.repeat(32) } },
          ],
          unset: ['OLD_FLAG'],
        },
        undo: [{ kind: 'putBack' }, { kind: 'unit', verb: 'restart', unit: 'mirai.service' }],
        timeoutMs: 30_000,
      },
      { id: '2', action: { kind: 'unit', verb: 'restart', unit: 'mirai.service' }, undo: [], timeoutMs: 120_000 },
    ],
    pre: [{ kind: 'health' }],
    proof: [{ kind: 'probe', path: '/srv/mirai/.env' }, { kind: 'running', unit: 'mirai.service', active: true, newer: true, stableMs: 2000 }],
    diagnostics: false,
    keep: { by: 'person', seconds: 600 },
    window: { from: '2026-11-25T15:00:00.000Z', until: '2026-11-25T18:00:00.000Z' },
  }),
  dropIn: read(plan, {
    ...common,
    pattern: 'config',
    playbook: 'config/1',
    targets: ['web1/file:/etc/systemd/system/mirai.service.d/10-sekisho.conf', 'web1/unit:mirai.service'],
    actions: [
      {
        id: '1',
        action: {
          kind: 'replaceFiles',
          files: [
            {
              path: '/etc/systemd/system/mirai.service.d/10-sekisho.conf',
              real: '/etc/systemd/system/mirai.service.d/10-sekisho.conf',
              links: [],
              before: { kind: 'absent' },
              after: file('[Service]\nMemoryHigh=512M\n'),
            },
          ],
        },
        undo: [{ kind: 'putBack' }, { kind: 'daemonReload' }],
        timeoutMs: 30_000,
      },
      { id: '2', action: { kind: 'daemonReload' }, undo: [], timeoutMs: 30_000 },
    ],
    pre: [],
    proof: [{ kind: 'files' }, { kind: 'unit', unit: 'mirai.service', restarted: false, stableMs: 2000 }],
    diagnostics: false,
    keep: { by: 'proof', seconds: 300 },
  }),
  links: read(plan, {
    ...common,
    pattern: 'config',
    playbook: 'config/1',
    targets: ['web1/file:/etc/nginx/sites-enabled/mirai', 'web1/nginx'],
    actions: [
      {
        id: '1',
        action: {
          kind: 'replaceFiles',
          files: [
            {
              path: '/etc/nginx/sites-enabled/mirai',
              real: '/etc/nginx/sites-enabled/mirai',
              links: [],
              before: { kind: 'link', target: '../sites-available/old', uid: 0, gid: 0 },
              after: { kind: 'link', target: '../sites-available/mirai', uid: 0, gid: 0 },
            },
          ],
        },
        undo: [{ kind: 'putBack' }],
        timeoutMs: 30_000,
      },
    ],
    pre: [],
    proof: [{ kind: 'files' }],
    diagnostics: false,
    keep: { by: 'proof', seconds: 300 },
  }),
  start: read(plan, {
    ...common,
    pattern: 'service',
    playbook: 'service/1',
    targets: ['web1/unit:mirai.service'],
    actions: [{ id: '1', action: { kind: 'unit', verb: 'start', unit: 'mirai.service' }, undo: [{ kind: 'unit', verb: 'stop', unit: 'mirai.service' }], timeoutMs: 190_000 }],
    pre: [{ kind: 'unit', unit: 'mirai.service', active: false }],
    proof: [{ kind: 'running', unit: 'mirai.service', active: true, newer: true, stableMs: 2000 }],
    diagnostics: true,
    keep: { by: 'proof', seconds: 300 },
  }),
  dataFile: read(plan, {
    ...common,
    pattern: 'config',
    playbook: 'config/1',
    targets: ['web1/file:/srv/mirai/data/users.json'],
    actions: [
      {
        id: '1',
        action: { kind: 'replaceFiles', files: [{ path: '/srv/mirai/data/users.json', real: '/srv/mirai/data/users.json', links: [], before: file('[]\n'), after: { kind: 'absent' } }] },
        undo: [{ kind: 'putBack' }],
        timeoutMs: 30_000,
      },
    ],
    pre: [{ kind: 'backup', level: 'content' }],
    proof: [{ kind: 'files' }],
    diagnostics: false,
    keep: { by: 'person', seconds: 300 },
  }),
  restore: read(plan, {
    ...common,
    pattern: 'data',
    playbook: 'data/1',
    targets: ['web1/data:/srv/mirai/data', 'web1/database:5432/db', 'web1/unit:mirai.service'],
    actions: [
      { id: '1', action: { kind: 'unit', verb: 'stop', unit: 'mirai.service' }, undo: [{ kind: 'unit', verb: 'start', unit: 'mirai.service' }], timeoutMs: 190_000 },
      { id: '2', action: { kind: 'assertLoss', stage: STAGE, lists: '1a'.repeat(32) }, undo: [], timeoutMs: 1_800_000 },
      { id: '3', action: { kind: 'exchange', stage: STAGE, of: 'directory', item: 'data', path: '/srv/mirai/data', from: BACKED_UP, digest: '2b'.repeat(32) }, undo: [{ kind: 'putBack' }], timeoutMs: 1_920_000 },
      { id: '4', action: { kind: 'renameDatabase', stage: STAGE, item: 'db', database: 'db', port: 5432, beside: 'db_sekisho_1', from: BACKED_UP, digest: '3c'.repeat(32), before: 'absent' }, undo: [{ kind: 'putBack' }], timeoutMs: 1_920_000 },
      { id: '5', action: { kind: 'unit', verb: 'start', unit: 'mirai.service' }, undo: [{ kind: 'unit', verb: 'stop', unit: 'mirai.service' }], timeoutMs: 190_000 },
    ],
    pre: [],
    proof: [
      { kind: 'restored', item: 'data', what: '/srv/mirai/data' },
      { kind: 'restored', item: 'db', what: 'db' },
      { kind: 'running', unit: 'mirai.service', active: true, newer: true, stableMs: 2000 },
      { kind: 'health' },
    ],
    diagnostics: true,
    keep: { by: 'proof', seconds: 300 },
  }),
  reconnect: read(plan, {
    ...common,
    pattern: 'isolation',
    playbook: 'isolation/1',
    targets: ['web1/isolation'],
    actions: [{ id: '1', action: { kind: 'endIsolation', incident: 'INC-2026-0001' }, undo: [], timeoutMs: 30_000 }],
    pre: [],
    proof: [{ kind: 'connected', incident: 'INC-2026-0001' }],
    diagnostics: false,
    keep: { by: 'proof', seconds: 300 },
  }),
  command: read(plan, {
    ...common,
    change: 'CHG-2026-0010',
    pattern: 'command',
    playbook: 'command/1',
    targets: ['web1/command:/srv/mirai/jobs'],
    actions: [
      {
        id: '1',
        action: {
          kind: 'exec',
          name: 'reindex',
          argv: ['./reindex', '--all'],
          directory: '/srv/mirai/jobs',
          unit: 'mirai.service',
          own: {
            files: digestOf('jobs'),
            changed: [{ path: 'reindex', after: { mode: '100755', digest: digestOf('reindex'), size: 7, text: digestOf('reindex') } }],
            writes: ['/srv/mirai-index'],
            back: ['./reindex', '--back'],
          },
        },
        undo: [{ kind: 'putBack' }],
        timeoutMs: 720_000,
      },
    ],
    pre: [{ kind: 'health' }],
    proof: [{ kind: 'health' }],
    diagnostics: false,
    keep: { by: 'proof', seconds: 300 },
  }),
  request: read(plan, {
    ...common,
    change: 'CHG-2026-0009',
    pattern: 'request',
    playbook: 'request/1',
    targets: ['web1/data:/srv/mirai/data'],
    actions: [
      {
        id: '1',
        action: {
          kind: 'request',
          method: 'PUT',
          url: 'https://localhost/api/articles/7',
          body: '{"title":"東京"}',
          call: 'retitle',
          dir: '/srv/mirai/data',
          params: [{ key: 'id', value: '7' }],
          read: 'https://localhost/api/articles/7',
          inverse: { method: 'PUT', url: 'https://localhost/api/articles/7', body: '{"title":"京都"}' },
          credential: { reference: 'mirai/API_TOKEN', version: 1, keyed: 'ab'.repeat(32) },
          withinMs: 30_000,
        },
        undo: [{ kind: 'putBack' }],
        timeoutMs: 60_000,
      },
    ],
    pre: [{ kind: 'backup', level: 'content' }],
    proof: [{ kind: 'readBack', url: 'https://localhost/api/articles/7' }],
    diagnostics: false,
    keep: { by: 'proof', seconds: 300 },
  }),
  schema: read(plan, {
    ...common,
    pattern: 'schema',
    playbook: 'schema/1',
    targets: ['web1/database:5432/db', 'web1/schema:5432/db'],
    actions: [
      { id: '1', action: { ...MAINTENANCE, turn: 'on' }, undo: [{ kind: 'putBack' }], timeoutMs: 60_000 },
      {
        id: '2',
        action: {
          kind: 'migrate',
          database: 'db',
          port: 5432,
          role: 'mirai',
          up: { name: '0002.up.sql', digest: digestOf('up'), size: 40 },
          down: { name: '0002.down.sql', digest: digestOf('down'), size: 36 },
          lockMs: 5000,
          withinMs: 1_800_000,
          catalogue: digestOf('catalogue'),
        },
        undo: [{ kind: 'putBack' }],
        timeoutMs: 2_040_000,
      },
      { id: '3', action: { ...MAINTENANCE, turn: 'off' }, undo: [{ kind: 'putBack' }], timeoutMs: 60_000 },
    ],
    pre: [{ kind: 'health' }, { kind: 'backup', level: 'content' }],
    proof: [{ kind: 'schema', port: 5432, database: 'db' }, { kind: 'health' }],
    diagnostics: false,
    keep: { by: 'proof', seconds: 300 },
  }),
  schemaByTool: read(plan, {
    ...common,
    change: 'CHG-2026-0010',
    pattern: 'schema',
    playbook: 'schema/1',
    targets: ['web1/database:5432/db', 'web1/schema:5432/db'],
    actions: [
      {
        id: '1',
        action: {
          kind: 'migrateByTool',
          database: 'db',
          port: 5432,
          role: 'mirai',
          directory: '/srv/mirai/migrations',
          files: digestOf('files'),
          argv: ['alembic', 'upgrade', 'head'],
          back: ['alembic', 'downgrade', '-1'],
          status: ['alembic', 'current'],
          address: 'DATABASE_URL',
          lockMs: 5000,
          withinMs: 1_800_000,
          catalogue: digestOf('catalogue'),
        },
        undo: [{ kind: 'putBack' }],
        timeoutMs: 2_040_000,
      },
    ],
    pre: [{ kind: 'backup', level: 'content' }],
    proof: [{ kind: 'schema', port: 5432, database: 'db' }],
    diagnostics: false,
    keep: { by: 'proof', seconds: 300 },
  }),
  schemaForGood: read(plan, {
    ...common,
    change: 'CHG-2026-0008',
    pattern: 'schema',
    playbook: 'schema/1',
    targets: ['web1/database:5432/db', 'web1/schema:5432/db'],
    actions: [
      {
        id: '1',
        action: {
          kind: 'migrate',
          database: 'db',
          port: 5432,
          role: 'mirai',
          up: { name: '0003.sql', digest: digestOf('up'), size: 40 },
          lockMs: 5000,
          withinMs: 1_800_000,
          catalogue: digestOf('catalogue'),
        },
        undo: [],
        timeoutMs: 2_040_000,
      },
    ],
    pre: [{ kind: 'backup', level: 'content' }],
    proof: [{ kind: 'schema', port: 5432, database: 'db' }],
    diagnostics: false,
    keep: { by: 'proof', seconds: 300 },
  }),
  restoreTakenBack: read(plan, {
    ...common,
    change: 'CHG-2026-0007',
    pattern: 'data',
    playbook: 'data/1',
    targets: ['web1/data:/srv/mirai/data'],
    actions: [
      { id: '1', action: { kind: 'assertLoss', stage: STAGE, lists: '1a'.repeat(32) }, undo: [], timeoutMs: 1_800_000 },
      { id: '2', action: { kind: 'exchange', stage: STAGE, of: 'file', item: 'data', path: '/srv/mirai/data/東京.json', from: { evidence: 'CHG-2026-0001', stage: '0f'.repeat(16), taken: '2026-11-25T04:00:00.000Z' }, digest: '2b'.repeat(32), after: 'absent' }, undo: [{ kind: 'putBack' }], timeoutMs: 1_920_000 },
    ],
    pre: [],
    proof: [{ kind: 'restored', item: 'data', what: '/srv/mirai/data/東京.json' }],
    diagnostics: true,
    keep: { by: 'proof', seconds: 300 },
  }),
  code: read(plan, {
    ...common,
    pattern: 'code',
    playbook: 'code/1',
    targets: ['web1/code:/srv/mirai', 'web1/unit:mirai.service'],
    actions: [
      { id: '1', action: { kind: 'layRelease', stage: STAGE, link: '/srv/mirai/current', release: '/srv/mirai/releases/4d4d4d4d4d4d-9e9e9e9e', commit: '4d'.repeat(20), artefact: '5e'.repeat(32), entries: 12, before: 'absent' }, undo: [{ kind: 'putBack' }, { kind: 'unit', verb: 'restart', unit: 'mirai.service' }], timeoutMs: 900_000 },
      { id: '2', action: { kind: 'unit', verb: 'restart', unit: 'mirai.service' }, undo: [], timeoutMs: 190_000 },
      { id: '3', action: { kind: 'exec', name: 'smoke', argv: ['node', 'smoke.js', '--名前'], directory: '/srv/mirai/releases/4d4d4d4d4d4d-9e9e9e9e', unit: 'mirai.service' }, undo: [], timeoutMs: 60_000 },
      { id: '4', action: { kind: 'commit', stage: STAGE, path: '/srv/mirai', branch: 'main', commit: '4d'.repeat(20), deployed: '6f'.repeat(20), message: '修正: 検索の入力\n', push: 'ssh://git.example/mirai' }, undo: [], timeoutMs: 120_000 },
    ],
    pre: [{ kind: 'health' }, { kind: 'backup', level: 'content' }],
    proof: [
      { kind: 'deployed', path: '/srv/mirai/current' },
      { kind: 'running', unit: 'mirai.service', active: true, newer: true, stableMs: 2000 },
      { kind: 'health' },
    ],
    diagnostics: true,
    keep: { by: 'proof', seconds: 300 },
  }),
  codeInPlace: read(plan, {
    ...common,
    pattern: 'code',
    playbook: 'code/1',
    targets: ['web1/code:/srv/mirai', 'web1/unit:mirai.service'],
    actions: [
      { id: '1', action: { kind: 'placeTree', stage: STAGE, path: '/srv/mirai', commit: '4d'.repeat(20), artefact: '5e'.repeat(32), entries: 3 }, undo: [{ kind: 'putBack' }, { kind: 'unit', verb: 'restart', unit: 'mirai.service' }], timeoutMs: 900_000 },
      { id: '2', action: { kind: 'unit', verb: 'restart', unit: 'mirai.service' }, undo: [], timeoutMs: 190_000 },
      { id: '3', action: { kind: 'commit', stage: STAGE, path: '/srv/mirai', branch: 'main', commit: '4d'.repeat(20), deployed: '6f'.repeat(20), message: 'fix\n' }, undo: [], timeoutMs: 120_000 },
    ],
    pre: [{ kind: 'health' }],
    proof: [{ kind: 'deployed', path: '/srv/mirai' }, { kind: 'running', unit: 'mirai.service', active: true, newer: true, stableMs: 2000 }, { kind: 'health' }],
    diagnostics: true,
    keep: { by: 'proof', seconds: 300 },
  }),
  sshd: read(plan, {
    ...common,
    pattern: 'config',
    playbook: 'config/1',
    targets: ['web1/file:/etc/ssh/sshd_config', 'web1/unit:ssh.service'],
    actions: [
      {
        id: '1',
        action: {
          kind: 'replaceFiles',
          files: [
            {
              path: '/etc/ssh/sshd_config',
              real: '/etc/ssh/sshd_config',
              links: [],
              before: file('PermitRootLogin yes\n'),
              after: file('PermitRootLogin no\n'),
            },
          ],
        },
        undo: [{ kind: 'putBack' }, { kind: 'unit', verb: 'restart', unit: 'ssh.service' }],
        timeoutMs: 30_000,
      },
      { id: '2', action: { kind: 'unit', verb: 'reload', unit: 'ssh.service' }, undo: [], timeoutMs: 60_000 },
    ],
    pre: [{ kind: 'unit', unit: 'ssh.service', active: true }],
    proof: [{ kind: 'files' }, { kind: 'answers', unit: 'ssh.service', greeting: 'SSH-2.0-', stableMs: 2000 }],
    diagnostics: false,
    keep: { by: 'person', seconds: 300 },
  }),
}

/** An envelope over one of the plans; `more` replaces parts, undefined leaves one out. */
export function makeEnvelope(of: Plan, policy: CompiledPolicy, more: Readonly<Record<string, unknown>> = {}): Envelope {
  const baseline = [...of.targets].sort().map((target) => ({ target, digest: digestOf(target) }))
  const until = '2026-11-26T05:00:00.000Z'
  const sealed = [
    { check: 'baseline', digest: baselineDigest(baseline), expires: until, collector: 'runner' },
    ...(of.pattern !== 'service' ? ['validation', 'trial', 'undo'].map((check) => ({ check, digest: digestOf('trial'), expires: until, collector: 'runner' })) : []),
    { check: 'notification', digest: digestOf('notification'), expires: until, collector: 'gate' },
  ]
  const parts: Readonly<Record<string, unknown>> = {
    v: 1,
    change: of.change,
    revision: of.revision,
    host: of.host,
    service: of.service,
    class: 'normal',
    tier: tierOf(of),
    plan: planDigest(of),
    diff: digestOf('--- /etc/nginx/sites-available/mirai\n'),
    baseline,
    evidence: sealed,
    waivers: [],
    policy: decidingPart(policy, of.service),
    playbook: of.playbook,
    approvals: { count: 1, roles: ['approver', 'owner'] },
    requester: 'hanako',
    author: 'claude',
    sponsor: 'hanako',
    lineage: ['claude', 'hanako'],
    editors: [more['author'] ?? 'claude'],
    instruction: digestOf('アップロードの上限を 8 MB に'),
    notification: 'not_needed',
    ...(of.window === undefined ? {} : { window: of.window }),
    sealedAt: '2026-11-25T05:00:00.000Z',
    expires: until,
    ...more,
  }
  return read(envelope, Object.fromEntries(Object.entries(parts).filter(([, one]) => one !== undefined)))
}

export const ENVELOPE = makeEnvelope(PLANS['nginx'] as Plan, TEAM)
export const ENVELOPE_DIGEST = envelopeDigest(ENVELOPE)

/** A statement of one type; `more` replaces fields. Read back by the product's own parser. */
export function makeStatement(more: Readonly<Record<string, Json>>): Statement {
  const value = { v: 1, approver: 'taro', role: 'approver', nonce: '0123456789abcdef0123456789abcdef', at: '2026-11-25T05:02:00.000Z', expires: '2026-11-25T06:02:00.000Z', ...more }
  const answer = parseStatement(canonical(value))
  if (!answer.ok) throw new Error(`${answer.at}: ${answer.why}`)
  return answer.value
}

export const STATEMENTS: Readonly<Record<string, Statement>> = {
  approve: makeStatement({ type: 'approve', change: 'CHG-2026-0001', envelope: ENVELOPE_DIGEST, shown: digestOf('card\n') }),
  approveTyped: makeStatement({ type: 'approve', change: 'CHG-2026-0001', envelope: ENVELOPE_DIGEST, shown: digestOf('card\n'), typed: '/etc/nginx/sites-available/mirai' }),
  reject: makeStatement({ type: 'reject', change: 'CHG-2026-0001', envelope: ENVELOPE_DIGEST, reason: '8 MB では足りない。"16m" に\n' }),
  waive: makeStatement({ type: 'waive', change: 'CHG-2026-0001', plan: planDigest(PLANS['nginx'] as Plan), check: 'health', reason: '監視の更新中' }),
  standing: makeStatement({ type: 'standing', role: 'owner', approver: 'hanako', playbook: 'service/1', playbookDigest: playbookDigest('service/1'), service: 'mirai', verb: 'restart', unit: 'mirai.service', perHour: 3, expires: '2027-11-25T05:02:00.000Z' }),
  standingBackup: makeStatement({ type: 'standing', role: 'owner', approver: 'hanako', playbook: 'backup/1', playbookDigest: playbookDigest('backup/1'), service: 'mirai', verb: 'backup', unit: 'mirai', perHour: 6, expires: '2027-11-25T05:02:00.000Z' }),
  standingKeys: makeStatement({ type: 'standing', role: 'owner', approver: 'hanako', playbook: 'config/1', playbookDigest: playbookDigest('config/1'), service: 'mirai', verb: 'keys', unit: '/srv/mirai/.env', perHour: 2, limits: { path: '/srv/mirai/.env', set: [{ key: 'LOG_LEVEL', values: ['debug', 'info'] }] }, runs: [1, 2, 3, 4, 5].map((n) => `CHG-2026-000${n}/1`), expires: '2027-11-25T05:02:00.000Z' }),
  standingCommand: makeStatement({ type: 'standing', role: 'owner', approver: 'hanako', playbook: 'command/1', playbookDigest: playbookDigest('command/1'), service: 'mirai', verb: 'command', unit: 'reindex', perHour: 2, bytes: digestOf('command'), runs: [1, 2, 3, 4, 5].map((n) => `CHG-2026-001${n}/1`), expires: '2027-11-25T05:02:00.000Z' }),
  continue: makeStatement({ type: 'continue', execution: 'CHG-2026-0001/1', action: '2', attempt: 1, choice: 'retry' }),
  keep: makeStatement({ type: 'keep', execution: 'CHG-2026-0001/1' }),
  revoke: makeStatement({ type: 'revoke', statement: digestOf('a statement') }),
  author: makeStatement({ type: 'author', role: 'author', approver: 'claude', change: 'CHG-2026-0001', plan: planDigest(PLANS['nginx'] as Plan) }),
  glass: makeStatement({ type: 'glass', role: 'operator', approver: 'hanako', verbs: ['restart'], services: ['mirai'], reason: '夜間の停止', incident: 'INC-2026-0001' }),
  glassReview: makeStatement({ type: 'glassReview', glass: digestOf('a glass') , text: '妥当' }),
  acceptFork: makeStatement({ type: 'acceptFork', role: 'owner', approver: 'hanako', size: 412, root: '5e'.repeat(32) }),
}
