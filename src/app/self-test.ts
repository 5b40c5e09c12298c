// The self-test of the guard (N14): runs the hook's line from an agent's settings as the agent does, through a shell with a call on stdin, over
// vectors made from the rules in force. Its spool is a scratch directory, so that a test records no refusal. Otherwise the line is the installed
// one, and it also runs once unchanged.
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hookEnvironment } from '../agents/look-at-hooks.ts'
import { readSettings } from '../agents/settings-file.ts'
import { SekishoError } from '../base/error.ts'
import { isObject, type Json } from '../base/json.ts'
import { entryFor, type Installed, stateOf } from '../guard/agent-settings.ts'
import { readGuardPolicy } from '../guard/read-policy.ts'
import { type SelfVector, selfVectors } from '../guard/self-vectors.ts'
import { run } from '../sys/process.ts'

export interface SelfAccount {
  readonly uid: number
  readonly gid: number
}
export interface SelfFailure {
  readonly what: string
  readonly expected: string
  readonly got: string
}
export interface SelfResult {
  readonly path: string
  readonly vectors: number
  readonly failures: readonly SelfFailure[]
}

const LIMIT_MS = 30_000

/**
 * `environment`: of the account that runs the test. Variables of the settings are added where the settings belong to that account or to
 * root: settings of others must not set variables in our process.
 */
export async function selfTest(
  hook: Installed,
  account: SelfAccount | undefined,
  environment: Readonly<Record<string, string>> = {},
): Promise<SelfResult> {
  const { path, wiring } = hook
  const failed = (what: string, expected: string, got: string): SelfResult => ({
    path,
    vectors: 0,
    failures: [{ what, expected, got }],
  })
  const unreadable = (cause: unknown) => {
    if (cause instanceof SekishoError) return undefined
    throw cause
  }
  const file = await readSettings(path).catch(unreadable)
  if (file === undefined) return failed('settings', 'readable', 'unreadable')
  const state = stateOf(file.settings, wiring)
  if (state !== 'wired') return failed('wiring', 'wired', state)
  const around = await hookEnvironment(hook).catch(unreadable)
  if (around === undefined) return failed('settings', 'readable', 'unreadable')
  const { harmful } = around
  if (harmful !== undefined)
    return failed(harmful.why, `no env.${harmful.variable}`, `env.${harmful.variable}`)
  const owner = (await stat(path)).uid
  const isOwn = owner === 0 || owner === (account?.uid ?? process.getuid?.())
  const env = { ...environment, ...(isOwn ? around.values : {}) }
  const text = await readFile(join(wiring.guard, 'guard.json'), 'utf8').catch(() => '')
  const policy = readGuardPolicy(text)
  if (policy === undefined) return failed('guard.json', 'readable', 'unreadable')
  const scratch = await mkdtemp(join(tmpdir(), 'sekisho-self-test-'))
  try {
    await chmod(scratch, 0o755)
    await mkdir(join(scratch, 'spool'))
    await chmod(join(scratch, 'spool'), 0o1733)
    // At level observe the hook answers nothing: the test checks what it would refuse at level guard.
    await writeFile(join(scratch, 'guard.json'), JSON.stringify({ ...policy, level: 'guard' }))
    const real = String(entryFor(wiring)['command'])
    const tested = String(entryFor({ ...wiring, guard: scratch, level: 'guard' })['command'])
    const through = (line: string, input: string) =>
      run(['/bin/sh', '-c', line], { input, env, timeoutMs: LIMIT_MS, cwd: '/', ...account })
    const failures: SelfFailure[] = []
    const asItStands = await through(real, payload(FREE))
    if (asItStands.code !== 0 || asItStands.stdout !== '')
      failures.push({ what: 'the line as it stands: true', expected: 'free', got: gotOf(asItStands) })
    const vectors = selfVectors(policy)
    for (const vector of vectors) {
      const got = gotOf(await through(tested, payload(vector)))
      if (got !== vector.expect) failures.push({ what: whatOf(vector), expected: vector.expect, got })
    }
    const broken = await through(tested, '{"cut off')
    if (broken.code !== 2)
      failures.push({ what: 'a call that cannot be read', expected: 'exit 2', got: gotOf(broken) })
    return { path, vectors: vectors.length + 2, failures }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

const FREE: SelfVector = { tool: 'Bash', input: { command: 'true' }, expect: 'free' }

const whatOf = ({ tool, input }: SelfVector) =>
  tool === 'Bash' ? (input['command'] ?? '') : `${tool}(${input['file_path'] ?? ''})`

function payload({ tool, input }: SelfVector): string {
  return JSON.stringify({
    session_id: 'sekisho-self-test',
    cwd: '/',
    hook_event_name: 'PreToolUse',
    tool_name: tool,
    tool_input: input,
  })
}

function gotOf({
  code,
  stdout,
  stderr,
  notStarted,
}: {
  code?: number
  stdout: string
  stderr: string
  notStarted?: string
}): string {
  if (code === 0 && stdout === '') return 'free'
  if (code !== 0) return `exit ${code ?? notStarted ?? '?'} ${stderr.trim().split('\n').at(-1) ?? ''}`.trim()
  try {
    const value = JSON.parse(stdout) as Json
    const inner = isObject(value) ? value['hookSpecificOutput'] : undefined
    return isObject(inner) ? String(inner['permissionDecision']) : 'another answer'
  } catch {
    return 'no JSON'
  }
}
