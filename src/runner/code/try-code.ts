// The checks of a change of code, answered by what this runner itself has built, tested and rehearsed: what was built is read again now.
import { failureOf, SekishoError } from '../../base/error.ts'
import type { Json } from '../../base/json.ts'
import { instant } from '../../base/time.ts'
import { messageRefused } from '../../code/commit-message.ts'
import { type CodeFinding, type CodeStaged, testsVerdict } from '../../plans/code.ts'
import type { Plan } from '../../plans/plan.ts'
import { serviceOf } from '../../plans/policy.ts'
import { catalogueDigest, catalogueOf } from '../../postgres/catalogue.ts'
import { findCluster } from '../../postgres/cluster.ts'
import type { Problem, TrialCheck } from '../../seal/journal.ts'
import { backupAsserted, backupCheck } from '../judge/backup-check.ts'
import { copiesAtHand, type RunnerParts } from '../parts.ts'
import { artefactNow, movedNow, sameEnvironment } from './hands.ts'

export async function tryCode(plan: Plan, stage: string, parts: RunnerParts): Promise<readonly TrialCheck[]> {
  const record = await parts.code.load(stage, parts.journal.index)
  const { staged } = record
  const whole = await artefactNow(record)
  if (whole !== staged.artefact.digest)
    throw new SekishoError('deploy.artefact_other', { path: staged.release?.path ?? staged.path })
  await sameEnvironment(record, parts)
  const unfit = plan.actions.flatMap(({ action }) =>
    action.kind === 'commit' ? (messageRefused(action.message) ?? []) : [],
  )[0]
  if (unfit !== undefined) throw failureOf(unfit)
  const moved = await movedNow(record)
  if (moved !== undefined) throw new SekishoError('deploy.path_moved', { path: moved })
  await refuseStale(staged)
  const { artefact } = staged
  return mergedTrial([
    {
      check: 'validation',
      verdict: 'green',
      facts: {
        validator: 'artefact',
        artefact: artefact.digest,
        entries: artefact.entries,
        bytes: artefact.bytes,
        repository: repositoryOf(staged),
      },
      problems: [],
    },
    ...(staged.schema?.checks ?? []),
    undoOf(staged),
    testsOf(staged),
    rehearsalOf(staged, maintenanceOf(plan, parts)),
    impactOf(staged),
    ...(await backupOf(plan, parts)),
  ])
}

/** As many lines as a record shows; the rest is a number. */
const STATUS_LINES = 50

/** What production was before, as `git log` and `git status` show it (S17). */
function repositoryOf({ before: { branch, commit, subject, status, changed = status.length } }: CodeStaged) {
  return { branch, commit, subject, status: status.slice(0, STATUS_LINES), changed }
}

const READ_MS = 60_000

/** What was rehearsed on an older schema says nothing of this one. Throws deploy.stale_clone. */
async function refuseStale({ schema }: CodeStaged): Promise<void> {
  const first = schema?.turn ?? schema?.pairs[0]
  if (schema === undefined || first === undefined) return
  const limits = { timeoutMs: READ_MS }
  const { database, port } = schema
  const now = await catalogueOf(await findCluster({ port }, limits), database, limits)
  if (catalogueDigest(now) !== first.catalogue) throw new SekishoError('deploy.stale_clone', { database })
}

const maintenanceOf = (plan: Plan, { policies }: RunnerParts): boolean =>
  serviceOf(policies.current, plan.service)?.maintenance !== undefined

/** One answer for each check: what several looks say of it stands together, and the worst decides. Where two facts have one name the later look's stands. */
export function mergedTrial(all: readonly TrialCheck[]): readonly TrialCheck[] {
  const names = [...new Set(all.map(({ check }) => check))]
  return names.map((check) => {
    const same = all.filter((one) => one.check === check)
    const verdicts = same.map(({ verdict }) => verdict)
    return {
      check,
      verdict: verdicts.includes('red') ? 'red' : verdicts.includes('not_tried') ? 'not_tried' : 'green',
      facts: Object.assign({}, ...same.map(({ facts }) => facts)) as TrialCheck['facts'],
      problems: same.flatMap(({ problems }) => problems),
    }
  })
}

/** The way back that was played in the room. */
function undoOf({ rehearsal }: CodeStaged): TrialCheck {
  const { verdict, back, notCompared } = rehearsal
  const milliseconds = back.length === 0 ? undefined : Math.max(...back)
  return {
    check: 'undo',
    verdict,
    facts: {
      ...(milliseconds === undefined ? {} : { milliseconds }),
      ...(notCompared.length === 0 ? {} : { notCompared: [...notCompared] }),
    },
    problems: redOf(rehearsal),
  }
}

function rehearsalOf({ rehearsal, schema }: CodeStaged, hasMaintenance: boolean): TrialCheck {
  const { oldCode } = rehearsal
  const old = schema === undefined ? [] : brokenBy(rehearsal, schema.accepted, hasMaintenance)
  const { verdict, deploy, back, lostDeploy, lostBack, notCompared, realSecrets } = rehearsal
  const { data, backHealthy, sockets, perSecond, stayed } = rehearsal
  return {
    check: 'rehearsal',
    verdict: old.length === 0 ? verdict : 'red',
    facts: {
      deploy: [...deploy],
      back: [...back],
      ...(lostDeploy === undefined ? {} : { lostDeploy: [...lostDeploy] }),
      ...(lostBack === undefined ? {} : { lostBack: [...lostBack] }),
      notCompared: [...notCompared],
      realSecrets: [...realSecrets],
      ...(stayed === undefined || stayed.length === 0 ? {} : { stayed: [...stayed] }),
      ...(perSecond === undefined ? {} : { perSecond }),
      ...(backHealthy === undefined ? {} : { backHealthy }),
      ...(sockets === undefined ? {} : { sockets: [...sockets] }),
      ...(data === undefined ? {} : { data: data.map((one) => ({ ...one })) }),
      ...(oldCode === undefined
        ? {}
        : {
            oldCode: { ...oldCode, ...(schema?.accepted === undefined ? {} : { accepted: schema.accepted }) },
          }),
    },
    problems: [...redOf(rehearsal), ...old],
  }
}

/**
 * Between the migration and the restart the deployed code runs on the new schema, and code alone goes back only where it does. Where it does not, the author
 * says so in the migration, and the service is under maintenance meanwhile.
 */
function brokenBy(
  { oldCode }: CodeStaged['rehearsal'],
  accepted: string | undefined,
  hasMaintenance: boolean,
): readonly Problem[] {
  if (oldCode === undefined || oldCode.runs || (accepted !== undefined && hasMaintenance)) return []
  const said = `${oldCode.step ?? 'old-code'}: ${oldCode.why ?? ''}`
  return [problem(accepted === undefined ? 'rehearsal.old_code' : 'rehearsal.old_code_open', said)]
}

function redOf({ red, differences }: CodeStaged['rehearsal']): readonly Problem[] {
  const told = red === undefined ? [] : [problem('rehearsal.red', `${red.step}: ${red.why}`, red.path)]
  return [...told, ...differences.map((one) => problem('rehearsal.difference', one))]
}

function testsOf(staged: CodeStaged): TrialCheck {
  const { tests, back } = staged
  if (tests === undefined)
    return {
      check: 'tests',
      verdict: testsVerdict(staged),
      facts: back === true ? { back: true } : {},
      problems: [],
    }
  const { before, after, crossed, argv, red, findings } = tests
  return {
    check: 'tests',
    verdict: testsVerdict(staged),
    facts: {
      before: { ...before },
      after: { ...after },
      ...(crossed === undefined ? {} : { crossed: { ...crossed } }),
      ...(argv === undefined ? {} : { argv: [...argv] }),
      ...(red === undefined ? {} : { red: red.map((one) => ({ ...one })) as unknown as Json }),
      notes: findings.filter(({ blocks }) => !blocks).map(noteOf),
    },
    problems: findings.filter(({ blocks }) => blocks).map(problemOf),
  }
}

function impactOf({ impact }: CodeStaged): TrialCheck {
  const { findings, ...lists } = impact
  const blocking = findings.filter(({ blocks }) => blocks)
  return {
    check: 'impact',
    verdict: blocking.length === 0 ? 'green' : 'red',
    facts: {
      ...Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, [...list]])),
      notes: findings.filter(({ blocks }) => !blocks).map(noteOf),
    },
    problems: blocking.map(problemOf),
  }
}

async function backupOf(plan: Plan, parts: RunnerParts): Promise<readonly TrialCheck[]> {
  const asserted = backupAsserted(plan)
  if (asserted === undefined) return []
  const data = serviceOf(parts.policies.current, plan.service)?.data
  return [
    backupCheck(await copiesAtHand(plan.service, parts), asserted.level, instant(parts.clock.now()), data),
  ]
}

const noteOf = ({ code, path, line, text }: CodeFinding) => ({
  code,
  ...(path === undefined ? {} : { path }),
  ...(line === undefined ? {} : { line }),
  text,
})
const problemOf = (one: CodeFinding): Problem => noteOf(one)
function problem(code: string, text: string, path?: string): Problem {
  return { code, text, ...(path === undefined ? {} : { path }) }
}
