// A service owns the directory of its own environment file: what it puts there must not hold up the others.
import { execFileSync } from 'node:child_process'
import { rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
let env: string
beforeAll(async () => {
  scene = await openScene()
  env = join(scene.directory, 'world', '.env')
  await scene.rewritePolicy((yaml) =>
    yaml.replace(
      '    configs:\n',
      `    configs:\n      - { path: ${env}, kind: dotenv, activation: none, keep: person }\n`,
    ),
  )
})
afterAll(async () => {
  await scene?.stopRunner('SIGKILL')
  await scene?.end()
})

test.each([
  ['a pipe that nobody writes to', 31, async () => execFileSync('mkfifo', [env])],
  ['a device without an end', 32, () => symlink('/dev/zero', env)],
] as const)(
  '%s where an environment file is declared holds up no other change',
  {
    timeout: 60_000,
  },
  async (_, limit, plant) => {
    await plant()
    try {
      const sealed = await scene.sealed('dev', `limit = ${limit}\n`)
      await scene.approve('ops1', sealed.id)
      expect((await scene.until(sealed.id, 'closed', 'void')).execution?.outcome).toBe('kept')
    } finally {
      await rm(env, { force: true })
    }
  },
)
