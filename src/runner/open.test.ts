import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { noKillPoint } from '../base/kill-point.ts'
import { existingPlace, isRoot, type OpenOptions, openPlace } from './open.ts'

let directory: string
beforeEach(() => {
  // Not below /tmp, which everybody may write to.
  directory = mkdtempSync(join(homedir(), '.sekisho-open-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true })
})

test.runIf(isRoot())('rules that others can change stop a start, but never a putting back', async () => {
  const policy = join(directory, 'runner.json')
  writeFileSync(policy, '{}')
  const options: OpenOptions = {
    data: join(directory, 'data'),
    policy,
    code: process.execPath,
    command: [],
    version: '0',
    systemctl: false,
    killPoint: noKillPoint,
    log: () => {},
  }
  await openPlace(options)
  chmodSync(policy, 0o666)
  await expect(openPlace(options)).rejects.toMatchObject({ code: 'runner.untrusted_path' })
  await expect(existingPlace(options)).resolves.toMatchObject({ data: options.data })
  chmodSync(join(directory, 'data', 'runner'), 0o777)
  await expect(existingPlace(options)).rejects.toMatchObject({ code: 'runner.untrusted_path' })
})
