// Which test files an ordinary run leaves out. Kills, attacks, damage and the walk in the second language vary one behaviour many times:
// an ordinary run takes a seeded share of those files, `npm run campaign` takes all of them. docs/testing.md lists what each group finds.
import { createHash } from 'node:crypto'

/** The campaign can be run in parts: `script/test --campaign schema`. */
export const PARTS = ['core', 'code', 'checks', 'incidents', 'schema'] as const
export type Part = (typeof PARTS)[number]

export interface Group {
  readonly name: string
  /** The part of the campaign that runs these files whole. Not given: `core`. */
  readonly part?: Part
  /** Files of this group that another part runs. */
  readonly partOf?: Readonly<Record<string, Part>>
  /** How many of the files an ordinary run takes. */
  readonly take: number
  readonly files: readonly string[]
}

export const GROUPS: readonly Group[] = [
  {
    name: 'the walk in one of two languages, chapters of the demo, and the guide of backups',
    take: 1,
    files: [
      'tests/accept/newcomer-en.test.ts',
      'tests/accept/newcomer-ja.test.ts',
      'tests/accept/guide-backups.test.ts',
      'tests/accept/demo-chapters.test.ts',
      'tests/accept/take-over.test.ts',
    ],
  },
  {
    name: 'units and sites of a real host',
    take: 1,
    files: [
      'tests/accept/s31-units.test.ts',
      'tests/accept/x12-standard.test.ts',
      'tests/accept/standard-command.test.ts',
      'tests/accept/command-back.test.ts',
      'tests/accept/s49-checks.test.ts',
      'tests/accept/n08-effective.test.ts',
      'tests/accept/n09-revert.test.ts',
      'tests/accept/s34-postcheck.test.ts',
      'tests/accept/s33-reload.test.ts',
      'tests/accept/units.test.ts',
    ],
  },
  {
    name: 'checks and notices: floods, kills, a day, a week',
    part: 'checks',
    take: 1,
    files: [
      'tests/app/checks-flood.test.ts',
      'tests/app/checks-week.test.ts',
      'tests/accept/idle-day.test.ts',
      'tests/app/two-gates.test.ts',
      'tests/crash/watch-kill.test.ts',
      'tests/app/routine-check.test.ts',
    ],
  },
  {
    name: 'incidents on a real host',
    part: 'incidents',
    take: 1,
    files: [
      'tests/accept/s41-causes.test.ts',
      'tests/accept/x13-glass.test.ts',
      'tests/accept/n11-containment.test.ts',
      'tests/accept/s44-isolation.test.ts',
      'tests/accept/s40-incident.test.ts',
      'tests/accept/night-en.test.ts',
      'tests/accept/evidence-quota.test.ts',
      'tests/accept/night-ja.test.ts',
      'tests/accept/glass-reboot.test.ts',
    ],
  },
  {
    name: 'installation and start',
    take: 1,
    files: [
      'tests/app/up.test.ts',
      'tests/app/install.test.ts',
      'tests/app/bundle.test.ts',
      'tests/app/guard-install.test.ts',
      'tests/app/joined-rules.test.ts',
      'tests/app/lost.test.ts',
    ],
  },
  {
    name: 'kills of runner and gate',
    partOf: {
      'tests/crash/composite-kill.test.ts': 'schema',
      'tests/crash/code-kill-releases.test.ts': 'code',
      'tests/crash/code-kill-in-place.test.ts': 'code',
      'tests/crash/command-kill.test.ts': 'code',
      'tests/crash/isolation-kill.test.ts': 'incidents',
      'tests/crash/isolation-undone.test.ts': 'incidents',
      'tests/crash/isolation-parts.test.ts': 'incidents',
      'tests/crash/incident-kill.test.ts': 'incidents',
      'tests/crash/suspect-kill.test.ts': 'incidents',
    },
    take: 1,
    files: [
      'tests/crash/composite-kill.test.ts',
      'tests/crash/code-kill-releases.test.ts',
      'tests/crash/code-kill-in-place.test.ts',
      'tests/crash/command-kill.test.ts',
      'tests/crash/gate-kill.test.ts',
      'tests/crash/gate-revert.test.ts',
      'tests/crash/runner-kill.test.ts',
      'tests/crash/replace-files.test.ts',
      'tests/crash/disk-faults.test.ts',
      'tests/crash/durable-files.test.ts',
      'tests/crash/power-cut.test.ts',
      'tests/crash/clock-jump.test.ts',
      'tests/crash/restore-kill.test.ts',
      'tests/crash/isolation-kill.test.ts',
      'tests/crash/isolation-undone.test.ts',
      'tests/crash/isolation-parts.test.ts',
      'tests/crash/incident-kill.test.ts',
      'tests/crash/suspect-kill.test.ts',
    ],
  },
  {
    name: 'kills, faults and damage of backups',
    take: 1,
    files: [
      'tests/app/backup-kill.test.ts',
      'tests/app/backup-power.test.ts',
      'tests/app/restic-kill.test.ts',
      'src/snapshot/directory/kill.test.ts',
      'src/snapshot/directory/power-cut.test.ts',
      'src/snapshot/directory/disk-full.test.ts',
      'src/snapshot/directory/faults.test.ts',
      'src/snapshot/directory/race.test.ts',
      'src/snapshot/directory/damage.test.ts',
      'src/snapshot/directory/hands.test.ts',
      'src/snapshot/directory/contract.test.ts',
      'src/postgres/swap.test.ts',
      'src/postgres/sound.test.ts',
    ],
  },
  {
    name: 'attacks and mutants',
    take: 1,
    files: [
      'tests/accept/forged.test.ts',
      'tests/accept/forged-plan.test.ts',
      'tests/accept/hostile-gate.test.ts',
      'tests/accept/mutants.test.ts',
      'tests/accept/n02-envelope.test.ts',
      'tests/crash/runner-doors.test.ts',
      'tests/crash/directory-swap.test.ts',
      'src/seal/hostile.test.ts',
      'src/postgres/evil.test.ts',
      'src/postgres/hostile.test.ts',
    ],
  },
  {
    name: 'rooms and rehearsals',
    part: 'code',
    take: 1,
    files: [
      'src/room/attacks.test.ts',
      'src/room/limits.test.ts',
      'src/rehearsal/attacks.test.ts',
      'src/rehearsal/planted.test.ts',
      'tests/accept/code-connections.test.ts',
      'src/rehearsal/call.test.ts',
      'tests/accept/booted.test.ts',
      'tests/accept/n25-requests.test.ts',
      'tests/accept/n38-sealed.test.ts',
      'tests/app/text-dump.test.ts',
      'tests/accept/code-many.test.ts',
    ],
  },
  {
    name: 'fifty changes at once',
    take: 1,
    files: ['tests/accept/x18-one-at-a-time.test.ts', 'tests/app/concurrency.test.ts'],
  },
  {
    name: 'a store that is killed, full or foreign',
    take: 1,
    files: ['tests/accept/store.test.ts', 'tests/accept/store-full.test.ts', 'tests/accept/engine.test.ts'],
  },
  {
    name: 'the test hosts themselves',
    take: 1,
    files: [
      'tests/host/host.test.ts',
      'tests/host/scripts.test.ts',
      'tests/host/main.test.ts',
      'tests/host/faults.test.ts',
      'tests/host/database.test.ts',
    ],
  },
  {
    name: 'backups and restores of databases',
    take: 1,
    files: [
      'tests/app/backup-database.test.ts',
      'tests/app/backup-database-content.test.ts',
      'tests/app/backup-database-limits.test.ts',
      'tests/app/backup-sqlite.test.ts',
      'tests/app/restore-rollback-database.test.ts',
      'tests/app/restore-damaged-database.test.ts',
      'tests/app/restore-dropped.test.ts',
      'src/postgres/loss.test.ts',
      'src/postgres/dump.test.ts',
      'src/postgres/damaged.test.ts',
    ],
  },
  {
    name: 'deployments of code',
    part: 'code',
    take: 1,
    files: [
      'tests/accept/code-in-place.test.ts',
      'tests/accept/code-suites.test.ts',
      'tests/accept/standard-release.test.ts',
      'tests/accept/code-commands.test.ts',
      'tests/accept/code-broken.test.ts',
      'tests/accept/code-large.test.ts',
      'tests/accept/s35-code-back.test.ts',
      'tests/accept/code-refused.test.ts',
      'tests/accept/code-rows.test.ts',
      'tests/accept/code-languages.test.ts',
      'tests/accept/code-bad-runs.test.ts',
      'tests/accept/s05-secrets.test.ts',
    ],
  },
  {
    name: 'changes of a schema',
    part: 'schema',
    take: 1,
    files: [
      'src/schema/attacks.test.ts',
      'src/schema/clone.test.ts',
      'tests/app/schema-faults.test.ts',
      'tests/app/schema-back.test.ts',
      'tests/app/schema-bounds.test.ts',
      'tests/accept/schema-walk.test.ts',
      'tests/app/schema-step.test.ts',
      'tests/app/schema-kill.test.ts',
      'tests/app/schema-tool.test.ts',
      'tests/app/schema-tool-faults.test.ts',
      'tests/app/schema-input.test.ts',
      'tests/app/schema-other-server.test.ts',
      'tests/app/irreversible.test.ts',
      'tests/app/request.test.ts',
      'tests/app/request-kill.test.ts',
      'tests/accept/s04-request.test.ts',
      'tests/accept/composite.test.ts',
      'tests/accept/composite-undone.test.ts',
      'tests/accept/composite-by-tool.test.ts',
      'tests/accept/composite-by-tool-undone.test.ts',
      'tests/accept/n15-old-code.test.ts',
      'tests/accept/code-database.test.ts',
      'tests/accept/x06-plan.test.ts',
      'tests/accept/s08-backup.test.ts',
      'tests/app/schema.test.ts',
    ],
  },
  {
    name: 'restores of damaged data',
    take: 1,
    files: [
      'tests/app/restore-absent.test.ts',
      'tests/app/restore-damaged.test.ts',
      'tests/app/restore-mix.test.ts',
      'tests/app/restore-rotten.test.ts',
      'tests/app/restore-rubbish-secret.test.ts',
      'tests/app/restore-rollback.test.ts',
      'tests/app/restore-rollback-swept.test.ts',
      'tests/app/restore-rewritten.test.ts',
      'tests/app/restore-cancel.test.ts',
      'tests/app/restore-last-look.test.ts',
      'tests/app/restore-room.test.ts',
      'tests/app/restore-machine.test.ts',
      'tests/app/restore-refused.test.ts',
    ],
  },
  {
    name: 'configurations and grounds that are wrong',
    take: 1,
    files: ['tests/app/backup-wrong.test.ts', 'tests/app/hard-ground.test.ts'],
  },
  {
    name: 'other copies',
    take: 1,
    files: [
      'tests/app/backup-restic.test.ts',
      'tests/app/backup-away.test.ts',
      'tests/accept/far-copies.test.ts',
      'src/snapshot/restic/engine.test.ts',
    ],
  },
  {
    name: 'properties of the guard',
    take: 1,
    files: [
      'tests/guard/properties.test.ts',
      'tests/guard/differential.test.ts',
      'tests/guard/scripts.test.ts',
      'tests/guard/mutants.test.ts',
      'tests/guard/respelling.test.ts',
      'tests/guard/limits.test.ts',
    ],
  },
]

/** Of these files, each of which takes more than 80 seconds on two quiet cores, an ordinary run takes two, whatever their group. */
export const LONG: Pick<Group, 'take' | 'files'> = {
  take: 2,
  files: [
    'src/postgres/swap.test.ts',
    'tests/accept/code-broken.test.ts',
    'tests/accept/code-database.test.ts',
    'tests/accept/code-languages.test.ts',
    'tests/accept/code-large.test.ts',
    'tests/accept/code-many.test.ts',
    'tests/accept/code-rows.test.ts',
    'tests/accept/command-back.test.ts',
    'tests/accept/composite-by-tool-undone.test.ts',
    'tests/accept/composite-by-tool.test.ts',
    'tests/accept/composite-undone.test.ts',
    'tests/accept/composite.test.ts',
    'tests/accept/demo-chapters.test.ts',
    'tests/accept/evidence-quota.test.ts',
    'tests/accept/glass-reboot.test.ts',
    'tests/accept/guide-backups.test.ts',
    'tests/accept/idle-day.test.ts',
    'tests/accept/n11-containment.test.ts',
    'tests/accept/n15-old-code.test.ts',
    'tests/accept/n25-requests.test.ts',
    'tests/accept/newcomer-en.test.ts',
    'tests/accept/newcomer-ja.test.ts',
    'tests/accept/s08-backup.test.ts',
    'tests/accept/s31-units.test.ts',
    'tests/accept/s35-code-back.test.ts',
    'tests/accept/s41-causes.test.ts',
    'tests/accept/s49-checks.test.ts',
    'tests/accept/schema-walk.test.ts',
    'tests/accept/standard-command.test.ts',
    'tests/accept/standard-release.test.ts',
    'tests/accept/store.test.ts',
    'tests/accept/take-over.test.ts',
    'tests/accept/x06-plan.test.ts',
    'tests/accept/x12-standard.test.ts',
    'tests/app/backup-database-content.test.ts',
    'tests/app/backup-database-limits.test.ts',
    'tests/app/backup-restic.test.ts',
    'tests/app/backup-sqlite.test.ts',
    'tests/app/backup-wrong.test.ts',
    'tests/app/hard-ground.test.ts',
    'tests/app/restore-cancel.test.ts',
    'tests/crash/code-kill-in-place.test.ts',
    'tests/crash/code-kill-releases.test.ts',
    'tests/crash/composite-kill.test.ts',
    'tests/crash/gate-revert.test.ts',
    'tests/crash/isolation-parts.test.ts',
    'tests/crash/watch-kill.test.ts',
  ],
}

/** Pure tests that run in every run with a share of their cases. */
export const ALWAYS: readonly string[] = [
  'src/backup/json-scan.test.ts',
  'src/backup/salvage.test.ts',
  'src/base/json.test.ts',
  'src/base/sign.test.ts',
  'src/change/change.test.ts',
  'src/policy/read.test.ts',
  'src/runner/act/readers.test.ts',
]

/** What `npm run campaign` runs whole, or one part of it. All other files have nothing that an ordinary run leaves out. */
export function campaignFiles(only?: Part): readonly string[] {
  const files = GROUPS.flatMap(({ files, part = 'core', partOf }) =>
    files.filter((file) => only === undefined || (partOf?.[file] ?? part) === only),
  )
  return [...files, ...(only === undefined || only === 'core' ? ALWAYS : [])]
}

/** The files that the run with this seed leaves out. The same seed gives the same files. */
export function leftOut(groups: readonly Group[], seed: string): readonly string[] {
  const rest = ({ files, take }: Pick<Group, 'take' | 'files'>) =>
    files.toSorted((a, b) => (rank(seed, a) < rank(seed, b) ? -1 : 1)).slice(take)
  const all = new Set(groups.flatMap(({ files }) => files))
  const isLong = (file: string) => LONG.files.includes(file)
  return [
    ...groups.flatMap(({ files, take }) => rest({ files: files.filter((file) => !isLong(file)), take })),
    ...rest(LONG).filter((file) => all.has(file)),
  ]
}

function rank(seed: string, file: string): string {
  return createHash('sha256').update(`${seed}\0${file}`).digest('hex')
}

if (import.meta.main) {
  const [part] = process.argv.slice(2)
  const only = PARTS.find((one) => one === part)
  if (part !== undefined && only === undefined) {
    console.error(`There is no part ${part} of the campaign. Its parts: ${PARTS.join(', ')}.`)
    process.exitCode = 64
  } else console.log(campaignFiles(only).join('\n'))
}
