// The notes service as a trial of kills sees it: a word of its greeting changes with each commit.
import { codeStory } from '../accept/code-story.ts'
import { commitGreeting, ROOT, says, WORK } from '../accept/notes.ts'
import { proposal } from '../accept/proposal.ts'
import { type Deployed, withOrders } from './trial-of-code.ts'

const SICK = '/var/tmp/notes-are-sick'
/** Everything below the work tree but what git keeps for itself and what the service writes. */
const STATE = {
  releases: `cd -P ${ROOT}/current && find . -printf '%P %y %m %u:%g %l\\n' | sort && find . -type f -print0 | sort -z | xargs -0 sha256sum`,
  'in-place': `cd ${ROOT} && find . -path ./.git -prune -o -path ./data -prune -o -printf '%P %y %m %u:%g %l\\n' | sort; find . -path ./.git -prune -o -path ./data -prune -o -type f -print0 | sort -z | xargs -0 sha256sum`,
} as const
const SERVER_THAT_MAY_BE_SICK = `cd ${WORK}
grep -q existsSync server.js && exit 0
sed -i "1i import { existsSync } from 'node:fs'" server.js
sed -i "s|else response.end(greeting('notes'))|else { if (existsSync('${SICK}')) response.statusCode = 500; response.end(greeting('notes')) }|" server.js`

export async function notesDeployed(deploy: 'releases' | 'in-place'): Promise<Deployed> {
  const story = await codeStory({
    deploy,
    service: deploy === 'in-place' ? `    data: [{ dir: ${ROOT}/data, format: json }]\n` : '',
  })
  const { here } = story
  await withOrders(here.host)
  // In place the repository belongs to the service; the tests fetch from it as root.
  await here.host.ok(['git', 'config', '--global', '--add', 'safe.directory', '*'])
  const first = await story.tip()
  let mark = 0
  return {
    world: here,
    unit: 'notes.service',
    root: ROOT,
    sick: SICK,
    commit: async () => {
      mark += 1
      await story.reset()
      await here.host.ok(['bash', '-ec', SERVER_THAT_MAY_BE_SICK], { user: 'claude' })
      await commitGreeting(here.host, `Word${mark}`)
      return `Word${mark} notes`
    },
    proposal: {
      who: 'claude',
      argv: proposal({ service: 'notes', work: WORK, instruction: 'Another word' }),
    },
    says: () => says(here.host),
    picture: () => here.host.ok(['sh', '-c', STATE[deploy]]),
    commits: async () => Number(await story.git('rev-list', '--count', `${first}..main`)),
    faults: async () => [],
  }
}
