// Test hosts by the command line, as script/demo uses them.
import { afterAll, expect, test } from 'vitest'
import { run } from '../../src/sys/process.ts'
import { describeWith } from './describe.ts'
import { down } from './set.ts'

const SET = `cli-${process.pid}`

function main(...argv: readonly string[]) {
  return run([process.execPath, `${import.meta.dirname}/main.ts`, ...argv], { timeoutMs: 60_000 })
}

test('a verb, flag, host or disk that is not understood is a usage error and changes nothing', async () => {
  for (const argv of [
    ['fly'],
    ['up', '--lift', '1'],
    ['exec', 'host1', '--', 'true'],
    ['exec', 'h1'],
    ['up', '--disk', '/d:1M:zfs'],
  ])
    expect(await main(...argv)).toMatchObject({ code: 64, stdout: '' })
})

describeWith('host', 'by the command line', () => {
  afterAll(() => down(SET))

  test('a set comes up, is used and goes down', async () => {
    const upped = await main(
      'up',
      '1',
      '--set',
      SET,
      '--owner',
      String(process.pid),
      '--disk',
      '/small:8M:tmpfs',
    )
    expect(JSON.parse(upped.stdout)).toMatchObject({
      set: SET,
      hosts: [{ name: 'h1', address: '10.88.0.11' }],
    })

    const script = 'echo out; echo err >&2; id -un; echo "$LANG"; exit 9'
    expect(
      await main('exec', 'h1', '--set', SET, '--user', 'claude', '--', 'sh', '-c', script),
    ).toMatchObject({
      code: 9,
      stdout: 'out\nclaude\nC.UTF-8\n',
      stderr: 'err\n',
    })
    const put = await run(
      [process.execPath, `${import.meta.dirname}/main.ts`, 'put', 'h1', '/root/f', '600', '--set', SET],
      { input: 'kept\n' },
    )
    expect(put.code).toBe(0)
    expect((await main('exec', 'h1', '--set', SET, '--', 'stat', '-f', '-c', '%T', '/small')).stdout).toBe(
      'tmpfs\n',
    )
    expect(
      (await main('run', '--set', SET, '--', 'curl', '-sk', 'https://10.88.0.11/health')).stdout,
    ).toContain('healthy')

    expect((await main('crash', 'h1', '--set', SET)).code).toBe(0)
    expect((await main('exec', 'h1', '--set', SET, '--', 'true')).code).toBe(1)
    expect((await main('boot', 'h1', '--set', SET)).code).toBe(0)
    expect((await main('read', 'h1', '/root/f', '--set', SET)).stdout).toBe('kept\n')

    expect((await main('up', '--set', SET, '--keep', '--disk', '/small:8M:tmpfs')).code).toBe(0)
    expect((await main('read', 'h1', '/root/f', '--set', SET)).stdout).toBe('kept\n')
    expect((await main('reset', 'h1', '--set', SET)).code).toBe(0)
    expect((await main('read', 'h1', '/root/f', '--set', SET)).code).toBe(1)

    expect((await main('down', '--set', SET)).code).toBe(0)
    expect(JSON.parse((await main('json', '--set', SET)).stdout)).toMatchObject({ hosts: [] })
  })
})
