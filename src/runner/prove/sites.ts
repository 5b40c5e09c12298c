// Do the sites that a change of nginx touches still answer? Each is asked before the first action and again when the new configuration is in effect: the
// declared health may ask the application directly and see nothing of a proxy that leads nowhere.
import { boolean, type Decoder, integer, list, literal, object, text } from '../../base/decode.ts'
import type { JsonObject } from '../../base/json.ts'
import type { ReadContext } from '../../host/context.ts'
import { type FileChange, type FileView, resolvePath, withChanges } from '../../host/file-view.ts'
import { liveFiles, remembered } from '../../host/live-files.ts'
import { NGINX_MAIN, secretFilesOf } from '../../host/nginx-live.ts'
import { readServers } from '../../host/nginx-servers.ts'
import { MAX_ASKED, type NotAsked, type SiteQuestion, siteQuestions } from '../../host/site-questions.ts'
import { type Plan, replacedFiles } from '../../plans/plan.ts'
import { askStatus, type SiteAddress } from '../../sys/net.ts'
import type { ActContext } from '../act/context.ts'

/** `200`, or why there was no answer: `refused`, `timeout`, `broken`. */
type Answered = string
type AskedBefore = SiteQuestion & { readonly before: Answered }
export interface SitesBefore {
  readonly asked: readonly AskedBefore[]
  readonly notAsked: readonly NotAsked[]
}
export type AskedTwice = AskedBefore & { readonly after: Answered }

export type Ask = (site: SiteAddress, signal: AbortSignal) => Promise<Answered>

const ASK_MS = 3000
/** A few at a time: a small service has few workers. */
const AT_ONCE = 4
/** For so long what was lost is asked again; what is restarted in the same change needs longer before nginx reaches it. */
const SETTLE_MS = 2000
const RESTARTED_MS = 10_000
const AGAIN_MS = 500

export const askSite: Ask = async (site, signal) => {
  const answer = await askStatus(site, { timeoutMs: ASK_MS, signal })
  return 'status' in answer ? String(answer.status) : answer.why
}

/** Asked before the first action, from the files as they are and as the plan leaves them. */
export async function sitesBefore(plan: Plan, c: ActContext, ask: Ask = askSite): Promise<SitesBefore> {
  const live = remembered(liveFiles)
  const shadow = withChanges(live, await shadowChanges(plan, c))
  const secrets = [secretFilesOf(c, live), secretFilesOf(c, shadow)]
  const questions = siteQuestions({
    live: readServers(live, NGINX_MAIN),
    planned: readServers(shadow, NGINX_MAIN),
    changed: changedPaths(plan, shadow),
    main: NGINX_MAIN.main,
    isSecret: (path) => secrets.some((one) => one.has(path)),
  })
  const answers = await askAll(questions.ask, c.signal, ask)
  return {
    asked: questions.ask.map((one, i) => ({ ...one, before: answers[i] ?? 'aborted' })),
    notAsked: questions.notAsked,
  }
}

/** Again, until each that answered before answers, or it has had its time. */
export async function sitesAfter(
  before: SitesBefore,
  plan: Pick<Plan, 'actions'>,
  c: Pick<ReadContext, 'clock' | 'signal'>,
  ask: Ask = askSite,
): Promise<readonly AskedTwice[]> {
  const restarts = plan.actions.some(({ action }) => action.kind === 'unit' && action.verb !== 'reload')
  const end = c.clock.uptime() + (restarts ? RESTARTED_MS : SETTLE_MS)
  const answers = await askAll(before.asked, c.signal, ask)
  const seen = () => before.asked.map((one, i) => ({ ...one, after: answers[i] ?? 'aborted' }))
  for (;;) {
    const lost = seen().flatMap((one, i) => (isLost(one) ? [i] : []))
    if (lost.length === 0 || c.clock.uptime() >= end || c.signal.aborted) return seen()
    await c.clock.sleep(AGAIN_MS)
    const again = await askAll(
      lost.flatMap((i) => before.asked[i] ?? []),
      c.signal,
      ask,
    )
    lost.forEach((i, at) => {
      answers[i] = again[at] ?? 'aborted'
    })
  }
}

/** INVARIANT P3: only what answered before can be lost; a site that gave no answer or a 5xx before is never blamed on the change. */
export function isLost({ before, after }: Pick<AskedTwice, 'before' | 'after'>): boolean {
  return isAnswer(before) && !isAnswer(after)
}

const isAnswer = (said: Answered) => /^[1-4]\d\d$/.test(said)

/** For the journal, the run and the record. */
export function siteFacts(asked: readonly AskedTwice[], { notAsked }: SitesBefore): JsonObject {
  return {
    asked: asked.map(({ url, before, after }) => ({ url, before, after })),
    notAsked: notAsked.map(({ where, why }) => ({ where, why })),
  }
}

async function askAll(sites: readonly SiteQuestion[], signal: AbortSignal, ask: Ask): Promise<Answered[]> {
  const answers: Answered[] = []
  let next = 0
  const worker = async () => {
    for (let i = next++; i < sites.length; i = next++) {
      const site = sites[i]
      if (site !== undefined) answers[i] = await ask(site, signal)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return answers
}

async function shadowChanges(plan: Plan, c: ActContext): Promise<readonly FileChange[]> {
  return Promise.all(
    replacedFiles(plan).map(async ({ real, after }): Promise<FileChange> => {
      if (after.kind === 'file') {
        const { mode, uid, gid } = after
        return { path: real, after: { kind: 'file', bytes: await c.blob(after.digest), mode, uid, gid } }
      }
      return {
        path: real,
        after: after.kind === 'link' ? { kind: 'link', target: after.target } : { kind: 'absent' },
      }
    }),
  )
}

/** Under every name: as declared, as it really is, and where a new link leads. */
function changedPaths(plan: Plan, shadow: FileView): ReadonlySet<string> {
  return new Set(
    replacedFiles(plan).flatMap(({ path, real, after }) => [
      path,
      real,
      ...(after.kind === 'link' ? [resolvePath(shadow, path)?.real ?? path] : []),
    ]),
  )
}

const word = text({ max: 8192 })

/** Reads it back from the journal after a restart of the runner. */
export const sitesBeforeDecoder: Decoder<SitesBefore> = object({
  asked: list(
    object({
      url: word,
      tls: boolean,
      address: word,
      port: integer(1, 65_535),
      name: word,
      path: word,
      before: word,
    }),
    MAX_ASKED,
  ),
  notAsked: list(
    object({
      where: word,
      why: literal(
        'regex',
        'internal',
        'authenticated',
        'name_pattern',
        'no_name',
        'not_on_loopback',
        'secret',
        'limit',
        'more',
      ),
    }),
    1000,
  ),
})
