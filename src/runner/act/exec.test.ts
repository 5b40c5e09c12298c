// A declared command as a change of its own: the copy that was approved is bound where it is run, or nothing is started.
import {
  chownSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ExecutionId } from '../../base/id.ts'
import type { Exec } from '../../plans/actions/exec.ts'
import { takeFiles } from '../../tree/take-files.ts'
import type { ActContext } from './context.ts'
import { applyExec, COMMAND_TREE, probeExecBack, putExecBack } from './exec.ts'

const STRANGER = 65_534
const isRoot = process.geteuid?.() === 0

let base: string
let started: (readonly string[])[]
beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'sekisho-exec-')))
  started = []
  for (const name of ['app', 'app/jobs', 'app/index']) mkdirSync(join(base, name))
  writeFileSync(join(base, 'app/jobs/job.py'), 'approved\n')
})
afterEach(() => rmSync(base, { recursive: true }))

const at = (name: string) => join(base, name)

function context(): ActContext {
  const over = 'LoadState=loaded\nActiveState=active\nSubState=exited\nExecMainStatus=0\nExecMainCode=1\n'
  return {
    run: async (argv: readonly string[]) => {
      if (argv[0] === 'systemd-run') {
        started.push(argv)
        // PID 1 opens it before the program runs.
        const output = argv.find((one) => one.startsWith('StandardOutput=append:'))?.slice(22) ?? ''
        writeFileSync(output, '')
      }
      return { code: 0, stdout: argv[1] === 'show' ? over : '', stderr: '' }
    },
    clock: { uptime: () => performance.now(), sleep: async () => {}, boot: () => 'b' },
    policy: { services: [] },
    signal: new AbortController().signal,
    systemctl: true,
    execution: 'CHG-2026-0001/1' as ExecutionId,
    copies: at('copies'),
    killPoint: () => {},
  } as unknown as ActContext
}

async function command(directory = at('app/jobs'), writes = [at('app/index')]): Promise<Exec> {
  const { digest } = await takeFiles(directory, { leave: () => false })
  return {
    kind: 'exec',
    name: 'reindex',
    argv: ['/usr/bin/python3', 'job.py'],
    directory,
    own: { files: digest, changed: [], writes, back: ['./back'] },
  }
}

const ran = async (action: Exec) => {
  const { result, detail } = await applyExec(action, context(), 1000)
  return [result, detail['why'], detail['component'], detail['found'], started.length]
}

test('the copy is bound at the very path in which it is run and from which programs may be started', async () => {
  const action = await command()
  expect(await ran(action)).toEqual(['applied', undefined, undefined, undefined, 1])
  const argv = started[0] ?? []
  expect(argv).toContain(`BindReadOnlyPaths=${at('copies')}/${COMMAND_TREE}:${action.directory}`)
  expect(argv).toContain(`WorkingDirectory=${action.directory}`)
  expect(argv.find((one) => one.startsWith('ExecPaths='))?.split(' ')).toContain(action.directory)
})

test.runIf(isRoot)(
  'the directory and a place to write may be anybody’s: their owner cannot exchange them',
  async () => {
    for (const name of ['app/jobs', 'app/index']) chownSync(at(name), STRANGER, STRANGER)
    expect(await ran(await command())).toEqual(['applied', undefined, undefined, undefined, 1])
  },
)

test('a directory that is reached by a link is not run: the link could lead elsewhere once it was looked at', async () => {
  renameSync(at('app/jobs'), at('app/jobs.1'))
  symlinkSync(at('app/jobs.1'), at('app/jobs'))
  const link = [at('app/jobs'), 'link'] as const
  expect(await ran(await command())).toEqual(['failed', 'exec.place_open', ...link, 0])
})

test.runIf(isRoot)('a directory whose parent is another one’s is not run, nor is its way back', async () => {
  const action = await command()
  expect((await applyExec(action, context(), 1000)).result).toBe('applied')
  chownSync(at('app'), STRANGER, STRANGER)
  const owner = [at('app'), 'owner'] as const
  expect(await ran(action)).toEqual(['failed', 'exec.place_open', ...owner, 1])
  expect((await putExecBack(action, context(), 1000)).detail).toMatchObject({ why: 'exec.place_open' })
  expect(started).toHaveLength(1)
})

test('a place to write that has become a link is not opened', async () => {
  const action = await command()
  rmSync(at('app/index'), { recursive: true })
  symlinkSync(at('app'), at('app/index'))
  expect(await ran(action)).toEqual(['failed', 'exec.place_open', at('app/index'), 'link', 0])
})

test('a command that was not started has nothing to take back; its way back, once started, is told by its own end', async () => {
  const action = await command()
  const since = { boot: 'b', uptime: 0 }
  expect(await putExecBack(action, context(), 1000)).toMatchObject({ result: 'applied' })
  expect(await probeExecBack(action, context(), since)).toMatchObject({ found: 'not_applied' })
  expect(started).toHaveLength(0)
  expect((await applyExec(action, context(), 1000)).result).toBe('applied')
  expect(await probeExecBack(action, unitless(), since)).toMatchObject({ found: 'not_applied' })
  expect((await putExecBack(action, context(), 1000)).result).toBe('applied')
  expect(started.map((argv) => argv.at(-1))).toEqual(['job.py', at('app/jobs/back')])
  expect(await probeExecBack(action, unitless(), since)).toMatchObject({ found: 'applied' })
  // Its unit is gone, and nobody wrote down how it ended.
  rmSync(at('copies/exec-reindex-back.out.end'))
  expect(await probeExecBack(action, unitless(), since)).toMatchObject({ found: 'unknown' })
  expect(await probeExecBack(action, context(), { ...since, boot: 'before' })).toMatchObject({
    found: 'unknown',
  })
})

/** PID 1 knows no unit of that name any more. */
const unitless = (): ActContext => ({
  ...context(),
  run: async () => ({ code: 0, stdout: 'LoadState=not-found\n', stderr: '' }) as never,
})
