// Validates a change of nginx in a shadow: first by reading, then with the real nginx in the sandbox, tested and really
// started there, so that the ports it takes are known before anybody is asked.
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Digest } from '../../base/hash.ts'
import { type FileChange, type FileView, resolvePath, withChanges } from '../../host/file-view.ts'
import { listenerText } from '../../host/listener-text.ts'
import { liveFiles, remembered } from '../../host/live-files.ts'
import {
  effectiveSet,
  type NginxConfig,
  NO_SECRETS,
  readNginx,
  type SecretFiles,
} from '../../host/nginx-config.ts'
import { isTakenBy, type Listener, parseListeners, TABLES } from '../../host/nginx-listeners.ts'
import { OverBudget, TrialBudget } from '../../sandbox/budget.ts'
import {
  type Availability,
  type NotChecked,
  type RunProcess,
  runInSandbox,
  type SandboxRun,
} from '../../sandbox/sandbox.ts'
import { LIMITS } from '../../sandbox/sandbox-argv.ts'
import { giveInside, withIds } from '../../sandbox/sandbox-ids.ts'
import { fileError } from '../../sys/files.ts'
import { refuseByReading } from './nginx-refuse.ts'
import { readMessages, unresolvedName } from './nginx-text.ts'
import { capped, overBudget, type Problem, problem, type Verdict } from './problem.ts'
import { stageNginx } from './stage-nginx.ts'
import { unseenOf } from './unseen.ts'

export interface NginxRequest {
  readonly changes: readonly FileChange[]
  /** The declared tree; its `nginx.conf` is the main file. */
  readonly tree?: string
  /** What `sandboxAvailable` said. */
  readonly sandbox: Availability
  /** A directory of ours with mode 0711. */
  readonly scratch: string
  readonly process: RunProcess
  /** Addresses of this host's interfaces, without prefix length. */
  readonly hostAddresses: readonly string[]
  /** Which of the shadow's files are secret. Their words and plain digests are in no fact. */
  readonly secrets?: (shadow: FileView) => SecretFiles
  readonly live?: FileView
  /** Sockets that other programs of this host hold now. */
  readonly taken?: () => readonly Listener[]
  readonly budget?: TrialBudget
}

export interface NginxValidation {
  readonly verdict: Verdict
  readonly problems: readonly Problem[]
  /** What the reloaded master must listen on; undefined where it was not tried or could not be seen. */
  readonly listeners?: readonly Listener[]
  /** The effective file set after the change: real paths, certificates and other named files included. */
  readonly effective: readonly { readonly path: string; readonly digest: Digest }[]
  /** Names that only the live network knows. */
  readonly unresolved: readonly string[]
  readonly serverNames: readonly string[]
  /** What this sandbox could not check. */
  readonly notChecked: readonly NotChecked[]
  readonly milliseconds: number
}

const MAX_NAMES = 32
/** Service managers start nginx with these limits; a smaller one would add warnings that live does not have. */
const FILES = '1024:'
const OUT_OF_MEMORY = /\(12: Cannot allocate memory\)/
const READ_TABLES = `cat ${TABLES.map((table) => `/proc/net/${table}`).join(' ')} 2>/dev/null; exit 0`
/** nginx opens its sockets before it goes to the background: when the first process has ended they are there. */
const START = `nginx -c "$1" \${2:+-g "$2"} >&2 || exit; ${READ_TABLES}`
const START_FOREGROUND = `nginx -c "$1" >&2 & sleep 1; ${READ_TABLES}`

export async function validateNginx(request: NginxRequest): Promise<NginxValidation> {
  const started = performance.now()
  const budget = request.budget ?? new TrialBudget(() => performance.now())
  try {
    return await validateWithin(request, budget, started)
  } catch (error) {
    if (!(error instanceof OverBudget)) throw error
    return {
      verdict: 'red',
      problems: [overBudget(error)],
      effective: [],
      unresolved: [],
      serverNames: [],
      notChecked: request.sandbox.available ? request.sandbox.notChecked : [],
      milliseconds: Math.round(performance.now() - started),
    }
  }
}

async function validateWithin(
  request: NginxRequest,
  budget: TrialBudget,
  started: number,
): Promise<NginxValidation> {
  const tree = request.tree ?? '/etc/nginx'
  const live = remembered(request.live ?? liveFiles, budget)
  const proposed = withChanges(live, request.changes)
  const secrets = request.secrets?.(proposed) ?? NO_SECRETS
  const built = await compiledIn(request)
  const paths = { main: `${tree}/nginx.conf`, prefix: built.prefix }
  const before = readNginx(live, paths)
  const unseen = unseenOf(before, readNginx(proposed, paths), live, request.changes)
  const { shadow } = unseen
  const after = readNginx(shadow, paths)
  const { problems: found, mayShow } = refuseByReading({
    before,
    after,
    live,
    shadow,
    unseen: unseen.problems,
    changes: request.changes,
    tree,
  })
  const answer = (verdict: Verdict, more: Partial<NginxValidation> & { problems: readonly Problem[] }) => ({
    verdict,
    effective: mayShow ? effectiveSet(after, shadow, secrets) : [],
    unresolved: [],
    serverNames: mayShow ? after.serverNames : [],
    notChecked: request.sandbox.available ? request.sandbox.notChecked : [],
    milliseconds: Math.round(performance.now() - started),
    ...more,
  })
  if (found.some(({ level }) => level === 'red')) return answer('red', { problems: capped(found) })
  const notes = [...found, ...foreignAddresses(after, request.hostAddresses)]
  const { sandbox } = request
  if (!sandbox.available)
    return answer('not_tried', {
      problems: [...notes, problem('sandbox.unavailable', 'note', sandbox.why)],
    })
  // The shadow is bound over the tree's own path; behind a link its real paths would be others.
  if (resolvePath(live, tree)?.real !== tree)
    return answer('not_tried', {
      problems: [
        ...notes,
        problem('sandbox.failed', 'note', 'the tree is a link or is not there', { path: tree }),
      ],
    })
  const tried = await withIds(async (baseUid) => {
    const into = await mkdtemp(join(request.scratch, 'nginx-'))
    try {
      await chmod(into, 0o700)
      const { kind } = sandbox.sandbox
      await giveInside(into, kind, baseUid, { uid: 0, gid: 0 })
      const staged = await stageNginx({
        config: after,
        shadow,
        live,
        tree,
        written: built.written,
        into,
        kind,
        baseUid,
        budget,
      })
      if (!staged.ok) return { failed: `${staged.why}: ${staged.path}` } as const
      return await tryNginx(
        { ...request, budget },
        sandbox.sandbox,
        baseUid,
        staged.mounts,
        paths.main,
        after,
      )
    } catch (cause) {
      if (cause instanceof OverBudget) throw cause
      throw fileError(request.scratch, cause)
    } finally {
      await rm(into, { recursive: true, force: true })
    }
  })
  if ('failed' in tried)
    return answer('not_tried', { problems: [...notes, problem('sandbox.failed', 'note', tried.failed)] })
  const names = tried.names.map((name) => problem('nginx.name_not_resolved', 'note', name))
  const messages = readMessages(tried.text, after, shadow, secrets)
  const silent = tried.exit === 0 && tried.listeners !== undefined ? notListening(after, tried.listeners) : []
  const refused = tried.refused === undefined ? [] : [tried.refused]
  const failed = tried.exit !== 0 || silent.length > 0 || refused.length > 0
  const problems = [...refused, ...silent, ...messages, ...notes, ...names]
  if (tried.exit !== 0 && messages.every(({ level }) => level !== 'red'))
    problems.unshift(problem('nginx.failed', 'red', tried.text || `nginx ended with ${tried.exit}`))
  return answer(failed ? 'red' : 'green', {
    // What a green run said as an error (it may log one and go on) stays visible without stopping.
    problems: capped(failed ? problems : problems.map((each) => ({ ...each, level: 'note' as const }))),
    unresolved: tried.names,
    ...(tried.listeners === undefined ? {} : { listeners: tried.listeners }),
  })
}

type Tried =
  | {
      readonly exit: number
      readonly text: string
      readonly names: readonly string[]
      readonly listeners?: readonly Listener[]
      readonly refused?: Problem
    }
  | { readonly failed: string }

async function tryNginx(
  request: NginxRequest & { readonly budget: TrialBudget },
  sandbox: Parameters<typeof runInSandbox>[0]['sandbox'],
  baseUid: number,
  mounts: Parameters<typeof runInSandbox>[0]['mounts'] & object,
  main: string,
  config: NginxConfig,
): Promise<Tried> {
  const names: string[] = []
  const inside = (argv: readonly string[]): Promise<SandboxRun> =>
    runInSandbox({
      sandbox,
      argv,
      mounts,
      names,
      limits: { files: FILES, memoryBytes: LIMITS.memoryBytes + config.sharedBytes },
      scratch: request.scratch,
      baseUid,
      process: request.process,
      budget: request.budget,
    })
  for (;;) {
    const run = await inside(['nginx', '-t', '-c', main])
    if (!run.ran) return { failed: `${run.why}: ${run.detail}` }
    const name = run.exit === 0 ? undefined : unresolvedName(run.text)
    if (name === undefined || names.includes(name) || names.length >= MAX_NAMES) {
      if (OUT_OF_MEMORY.test(run.text)) return { failed: 'the memory of the sandbox is too small' }
      if (run.exit !== 0) return { exit: run.exit, text: run.text, names }
      break
    }
    names.push(name)
  }
  const globals = config.directives.has('daemon') ? '' : 'daemon on;'
  const start = await inside(['sh', '-c', config.foreground ? START_FOREGROUND : START, 'sh', main, globals])
  if (!start.ran) return { failed: `${start.why}: ${start.detail}` }
  if (start.exit !== 0) return { exit: start.exit, text: start.text, names }
  if (sandbox.proc === 'none') return { exit: 0, text: start.text, names }
  const listeners = parseListeners(start.stdout)
  const refused = await playReload(listeners, request.taken?.() ?? [], (others) =>
    inside(['sh', '-c', PLAY_RELOAD, 'sh', main, globals, others]),
  )
  return { exit: 0, text: start.text, names, listeners, ...(refused === undefined ? {} : { refused }) }
}

/** Holds the ports that others hold on the host, asks as people do before a reload, and opens them as a reload does. */
const PLAY_RELOAD = `printf '%s' "$3" >/tmp/others.conf && nginx -c /tmp/others.conf >&2 || exit 70
nginx -t -c "$1" >&2 || exit 71
nginx -c "$1" \${2:+-g "$2"} >&2`

/** What a reload would do where others hold ports of the new configuration: nginx says it itself. Undefined: nobody holds one. */
async function playReload(
  listeners: readonly Listener[],
  others: readonly Listener[],
  play: (others: string) => Promise<SandboxRun>,
): Promise<Problem | undefined> {
  const wanted = listeners.filter(
    (one) => one.proto === 'tcp' && others.some((other) => isTakenBy(one, other)),
  )
  if (wanted.length === 0) return undefined
  const held = wanted.map((one) => `server { listen ${listenerText(one)}; }`).join(' ')
  const run = await play(
    `pid /tmp/others.pid; error_log /tmp/others.log; events {} http { access_log off; ${held} }`,
  )
  const isRefused = run.ran && run.exit !== 0 && run.exit !== 70 && run.exit !== 71
  if (!isRefused) return undefined
  const said = /bind\(\) to \S+ failed \(\d+: [^)]+\)/.exec(run.text)?.[0] ?? ''
  return problem('nginx.reload_refused', 'red', `${wanted.map(listenerText).join(', ')} (${said})`)
}

/** An address the host lacks is hidden by the sandbox, which lets nginx bind every address. */
function foreignAddresses(config: NginxConfig, own: readonly string[]): readonly Problem[] {
  const known = new Set(['*', '127.0.0.1', '::1', ...own.map((address) => address.toLowerCase())])
  return config.listens
    .filter(({ proto, address }) => proto !== 'unix' && !known.has(address) && !address.startsWith('127.'))
    .map(({ address, port }) => problem('nginx.address_not_here', 'note', `${address} port ${port}`))
}

/**
 * Every port that the text asks for and that is not there. A wildcard of the same family takes a single address with it.
 * A module that ends nginx with exit 0 and the words of success is seen here.
 */
function notListening(config: NginxConfig, listeners: readonly Listener[]): readonly Problem[] {
  return config.listens
    .filter((listen) => {
      if (listen.proto === 'unix') return false
      const any = listen.family === 6 ? '::' : '0.0.0.0'
      return !listeners.some(
        ({ proto, address, port }) =>
          proto === listen.proto &&
          port === listen.port &&
          (address === any || address === '::' || address === listen.address),
      )
    })
    .map(({ address, port }) => problem('nginx.not_listening', 'red', `${address} port ${port}`))
}

interface CompiledIn {
  readonly prefix: string
  readonly written: readonly string[]
}

let builtIn: CompiledIn | undefined

/** Debian's places, for when nginx does not say its own. */
const DEBIAN: CompiledIn = {
  prefix: '/usr/share/nginx',
  written: ['/var/log/nginx/access.log', '/var/lib/nginx/body', '/run/nginx.pid', '/var/lock/nginx.lock'],
}

/** What `nginx -V` says; asked in the sandbox and kept, for it only changes with the package. */
async function compiledIn(request: NginxRequest): Promise<CompiledIn> {
  const { sandbox } = request
  if (builtIn !== undefined || !sandbox.available) return builtIn ?? DEBIAN
  const run = await withIds((baseUid) =>
    runInSandbox({
      sandbox: sandbox.sandbox,
      argv: ['nginx', '-V'],
      scratch: request.scratch,
      baseUid,
      process: request.process,
    }),
  )
  if (!run.ran || run.exit !== 0) return DEBIAN
  const option = (name: string) => new RegExp(`--${name}=(\\S+)`).exec(run.text)?.[1]
  const prefix = option('prefix') ?? DEBIAN.prefix
  const written = [
    ...run.text.matchAll(/--(?:pid|lock|http-log|error-log|[a-z-]+-temp)-path=(\/\S+)/g),
  ].flatMap(([, path]) => (path === undefined ? [] : [path]))
  builtIn = { prefix, written: written.length > 0 ? written : DEBIAN.written }
  return builtIn
}
