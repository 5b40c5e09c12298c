// The demo as a program: what it says in its last line.
import { expect } from 'vitest'
import { run } from '../../src/sys/process.ts'

export async function playDemo(...more: string[]) {
  const { code, stdout, stderr } = await run([process.execPath, 'demo/main.ts', '--once', ...more], {
    timeoutMs: 300_000,
    maxOutput: 4_194_304,
  })
  const last = stdout.trimEnd().split('\n').at(-1) ?? ''
  expect(code, `${stdout.slice(-4000)}\n${stderr.slice(-2000)}`).toBe(0)
  return { ...(JSON.parse(last) as { ok: boolean; seen: Record<string, boolean> }), said: stdout }
}
