// The sources of a proposal, out of a real quarantine, read by the real child.
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parts, World } from '../git/fixtures/repository.ts'
import { importBundle } from '../git/import.ts'
import { readRepository } from '../git/production.ts'
import { readSources } from '../git/sources.ts'
import { run } from '../sys/process.ts'
import { readImpact } from './impact.ts'

const child = {
  process: run,
  command: [process.execPath, join(import.meta.dirname, 'main.ts')],
  root: process.geteuid?.() === 0,
}

test('part of S20: a proposal is read out of its quarantine, and what is no text is named', async () => {
  using world = new World()
  const production = world.repository({
    'src/app.js': "import { list } from './users.js'\napp.get('/users', list)\n",
    'src/users.js': 'export const list = 1\n',
    'logo.png': Buffer.from([0, 1, 2]),
  })
  const agent = world.clone(production)
  const commit = agent.commit('proposed', {
    'src/app.js':
      "import { list } from './people.js'\napp.get('/users', list)\napp.post('/users', list, process.env.KEY)\n",
    'src/users.js': undefined,
    'src/people.js': 'export const list = 1\n',
    'logo.png': Buffer.from([0, 3]),
    'deploy/app.service': '[Service]\n',
  })
  const scratch = world.directory()
  const state = await readRepository(parts, { path: production.path, branch: 'main' }, scratch)
  if (!state.ok) throw new Error(state.code)
  const imported = await importBundle(parts, {
    bundle: world.bundle(agent, 'main'),
    commit,
    repository: state.state,
    directory: world.directory(),
    scratch,
  })
  if (!imported.ok) throw new Error(imported.code)
  const sources = await readSources(imported.imported)
  expect(sources.notText).toEqual(['logo.png'])
  const read = await readImpact(child, { ...sources, environment: [] })
  expect(read).toMatchObject({
    impact: {
      routes: [{ sign: '+', name: 'POST /users', path: 'src/app.js' }],
      environment: ['KEY'],
      units: ['deploy/app.service'],
      notRead: ['logo.png'],
      findings: [
        { code: 'impact.file_not_read', blocks: false, text: 'logo.png' },
        { code: 'impact.environment_unset', path: 'src/app.js', line: 3 },
      ],
    },
  })
  const broken = { ...child, process: async () => ({ ...(await run(['true'])), stdout: '{"routes":[{}]}' }) }
  expect(await readImpact(broken, sources)).toMatchObject({ why: expect.stringContaining('answer') })
})
