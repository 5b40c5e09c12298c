// The commit of a change of code, made in quarantine while it runs; after the change is kept the branch of production moves to it, and it is pushed where
// that is declared. Each step can be repeated after a kill.
import { decode } from '../../base/decode.ts'
import { failureOf, SekishoError } from '../../base/error.ts'
import { changeOf, type ExecutionId } from '../../base/id.ts'
import { parseCanonical } from '../../base/json.ts'
import { milliseconds } from '../../base/time.ts'
import { messageRefused, withTrailers } from '../../code/commit-message.ts'
import type { RepositoryState } from '../../code/repository-state.ts'
import { makeCommit } from '../../git/commit.ts'
import { backRefused, deliver, holds, moveBranch } from '../../git/deliver.ts'
import { readRepository } from '../../git/production.ts'
import { type PushState, push, remoteTip } from '../../git/push.ts'
import { type Quarantine, reopenQuarantine } from '../../git/quarantine.ts'
import type { Commit } from '../../plans/actions/commit.ts'
import { codeStagedDigest } from '../../plans/code.ts'
import type { Plan } from '../../plans/plan.ts'
import { type Service, serviceOf } from '../../plans/policy.ts'
import { envelope as envelopeDecoder } from '../../seal/envelope.ts'
import type { JournalBody } from '../../seal/journal.ts'
import type { Body } from '../journal/index.ts'
import type { RunnerParts } from '../parts.ts'
import { planAt } from '../plan-at.ts'
import { madeIn } from './delivered.ts'
import { gitParts } from './git-parts.ts'
import type { CodeRecord } from './record.ts'

interface Running {
  readonly execution: ExecutionId
  readonly plan: Plan
  readonly accepted: Body<'accepted'>
}

/**
 * The commit at which the branch will be: one on the deployed commit with the approved tree. What is taken back and was pushed by nobody needs none: the
 * branch steps back. The same execution gets the same id. Throws code.*.
 */
export async function commitStaged(
  record: CodeRecord,
  { execution, plan, accepted }: Running,
  parts: RunnerParts,
): Promise<string> {
  const action = commitOf(plan)
  const { staged, tree } = record
  const wrong = messageRefused(action.message)
  if (wrong !== undefined) throw failureOf(wrong)
  const quarantine = reopenQuarantine(gitParts(parts), record.quarantine)
  if (await stepsBack(record, quarantine, action, parts)) return staged.commit
  const { requester, sponsor } = await envelopeOf(accepted, parts)
  const message = withTrailers(action.message, {
    change: plan.change,
    envelope: accepted.envelope,
    instructedBy: sponsor ?? requester,
    approvedBy: accepted.approvers,
    ...(staged.rehearsal.verdict === 'green' ? { rehearsal: codeStagedDigest(staged) } : {}),
    candidate: staged.commit,
  })
  const made = await makeCommit(quarantine, {
    tree,
    parent: action.deployed,
    message,
    author: await authorOf(quarantine, staged.commit),
    atSeconds: acceptedAt(execution, parts),
  })
  if (!made.ok) throw failureOf(made)
  return made.commit
}

/** Only to the commit right below the tip, and only what the declared address does not have. */
async function stepsBack(
  { staged }: CodeRecord,
  quarantine: Quarantine,
  { deployed }: Commit,
  parts: RunnerParts,
): Promise<boolean> {
  if (staged.takesBack === undefined) return false
  const said = await quarantine.git(['cat-file', '-p', deployed])
  if (said.code !== 0 || !said.stdout.split('\n\n')[0]?.split('\n').includes(`parent ${staged.commit}`))
    return false
  const service = serviceOf(parts.policies.current, staged.service)
  const rule = service?.code?.repo.push
  if (service === undefined || rule === undefined) return true
  const repository = await repositoryOf(service, parts)
  const remote = await remoteTip(gitParts(parts), quarantine, {
    repository,
    ...(await access(service, parts)),
  })
  // Where nobody answers it may have been pushed: then history stays, and a commit takes it back.
  return 'tip' in remote && remote.tip === staged.commit
}

/** What is left to be done for kept changes: at the start of the runner, and again while something failed. */
export async function finishKept(execution: ExecutionId, parts: RunnerParts): Promise<void> {
  const { journal } = parts
  const accepted = journal.index.accepted.get(execution)
  const outcome = journal.index.closed.get(execution)?.outcome
  const done = journal.index.code.get(execution)?.event
  if (accepted === undefined || outcome !== 'kept' || done === 'pushed') return
  const plan = await planAt(accepted.plan, parts.objects)
  const commit = plan?.pattern === 'code' ? madeIn(execution, plan, parts) : undefined
  if (plan === undefined || commit === undefined) return
  const service = serviceOf(parts.policies.current, plan.service)
  if (service?.code === undefined) return
  const note = async (event: Body<'code'>['event'], why?: string) => {
    // The same failure is tried again for days: it is written once.
    const last = journal.index.code.get(execution)
    if (last?.event === event && last.why === why?.slice(0, 500)) return
    const body: JournalBody = {
      kind: 'code',
      event,
      service: service.name,
      execution,
      commit,
      ...(why === undefined ? {} : { why: why.slice(0, 500) }),
    }
    await journal.append(`code/${service.name}`, body)
  }
  try {
    if (done !== 'committed' && done !== 'pushFailed') {
      await moveTo(commit, { execution, plan, accepted }, service, parts)
      await note('committed')
    }
    if (service.code.repo.push === undefined) return
    const repository = await repositoryOf(service, parts)
    // What was taken back meanwhile is pushed by nobody.
    if (!(await holds(gitParts(parts), repository, commit))) return
    const pushed = await pushTo(commit, plan, service, parts)
    const isBelow =
      pushed.state === 'failed' &&
      pushed.why === 'diverged' &&
      (await holds(gitParts(parts), repository, commit, pushed.said))
    // A later change has pushed this one with it.
    if (isBelow) return await note('pushed')
    await (pushed.state === 'pushed' ? note('pushed') : note('pushFailed', `${pushed.why}: ${pushed.said}`))
  } catch (error) {
    if (!(error instanceof SekishoError)) throw error
    await note(done === 'committed' || done === 'pushFailed' ? 'pushFailed' : 'commitFailed', error.code)
  }
}

async function moveTo(commit: string, running: Running, service: Service, parts: RunnerParts): Promise<void> {
  const { execution, plan } = running
  const action = commitOf(plan)
  const record = await parts.code.load(action.stage, parts.journal.index)
  const git = gitParts(parts)
  const repository = await repositoryOf(service, parts)
  const isBack = commit === record.staged.commit
  const change = changeOf(execution)
  const move = {
    repository,
    from: action.deployed,
    to: commit,
    keep: isBack
      ? { ref: `refs/sekisho/${change}/taken-back`, commit: action.deployed }
      : { ref: `refs/sekisho/${change}/candidate`, commit: record.staged.commit },
    atSeconds: acceptedAt(execution, parts),
    scratch: parts.place.code,
  }
  const moved = isBack
    ? await moveBranch(git, move)
    : await deliver(git, reopenQuarantine(git, record.quarantine), move)
  if (!moved.ok) throw failureOf(moved)
  if (record.staged.back !== true) return
  const wrong = await backRefused(git, repository, record.tree)
  if (wrong !== undefined) throw failureOf(wrong)
}

async function pushTo(commit: string, plan: Plan, service: Service, parts: RunnerParts): Promise<PushState> {
  const record = await parts.code.load(commitOf(plan).stage, parts.journal.index)
  const git = gitParts(parts)
  const repository = await repositoryOf(service, parts)
  return push(git, reopenQuarantine(git, record.quarantine), {
    repository,
    commit,
    ...(await access(service, parts)),
  })
}

async function access({ name, code }: Service, parts: RunnerParts) {
  const { url = '', credential } = code?.repo.push ?? {}
  const scratch = parts.place.code
  if (credential === undefined) return { url, scratch }
  const reference = `${name}/${credential}`
  const { version } = await parts.secrets.newest(reference)
  return { url, scratch, credential: await parts.secrets.value(reference, version) }
}

async function repositoryOf({ name, code }: Service, parts: RunnerParts): Promise<RepositoryState> {
  if (code === undefined) throw new SekishoError('deploy.not_declared', { service: name })
  const { path, branch } = code.repo
  const read = await readRepository(gitParts(parts), { path, branch }, parts.place.code)
  if (!read.ok) throw failureOf(read)
  return read.state
}

function commitOf(plan: Plan): Commit {
  const found = plan.actions.flatMap(({ action }) => (action.kind === 'commit' ? [action] : []))[0]
  if (found === undefined) throw new SekishoError('deploy.stage_gone', { stage: plan.change })
  return found
}

function acceptedAt(execution: ExecutionId, { journal }: RunnerParts): number {
  const line = journal.known(execution)?.lines.find(({ body }) => body.kind === 'accepted')
  if (line === undefined) throw new SekishoError('runner.execution_unknown', { execution })
  return Math.floor(milliseconds(line.at) / 1000)
}

async function envelopeOf({ envelope }: Body<'accepted'>, { objects }: RunnerParts) {
  const read = decode(
    envelopeDecoder,
    parseCanonical((await objects.read('envelope', envelope)).toString('utf8')),
  )
  if (!read.ok) throw new SekishoError('runner.object_missing', { kind: 'envelope', digest: envelope })
  return read.value
}

async function authorOf(quarantine: Quarantine, commit: string) {
  const said = await quarantine.git(['log', '-1', '--no-decorate', '--format=%an%x00%ae', commit])
  const [name = '', email = ''] = said.stdout.trimEnd().split('\0')
  return { name, email }
}
