// A guard of its own in another directory, to be changed there, and a process that judges by it.
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { CWD, POLICY } from '../world.ts'

const ROOT = join(import.meta.dirname, '../../..')

export function copyGuard(directory: string): void {
  mkdirSync(directory)
  for (const room of ['guard', 'base'])
    cpSync(join(ROOT, 'src', room), join(directory, room), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'))
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}')
}

/** The verdicts of the guard in that directory, under the policy of the vectors. */
export function judgeWith(directory: string, texts: readonly string[]): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(execPath, [join(import.meta.dirname, 'judge.ts'), directory], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    let out = ''
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      out += part
    })
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(out) as readonly string[])
      else reject(new Error(`the judge ended with ${code}`))
    })
    child.stdin.end(JSON.stringify({ policy: POLICY, cwd: CWD, texts }))
  })
}
