// A change of more than 300 files with a large one, renames, modes and deletions, while users write: deployed, and taken back by one command. Once with releases, once in
// place with live data that git tracks. Files, modes, owners and the effective configuration of nginx are as before outside of declared data.
import { expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { describeWith } from '../host/describe.ts'
import type { Host } from '../host/host.ts'
import { limitTree } from '../host/limit-tree.ts'
import { until } from '../until.ts'
import { type World, world } from '../world/world.ts'
import { commitGreeting, makeNotes, notesPolicy, ROOT, says, WORK } from './notes.ts'
import { proposal } from './proposal.ts'

const FILES = 320

/** Before the service is deployed: as many files as the change will touch. */
async function seed(host: Host, deploy: 'releases' | 'in-place', data: string): Promise<void> {
  await makeNotes(host, deploy)
  const running = deploy === 'releases' ? `${ROOT}/releases/first` : ROOT
  const repository = deploy === 'releases' ? `${ROOT}/repository.git` : `${ROOT}/.git`
  await host.ok([
    'bash',
    '-ec',
    `export HOME=/root; git config --global --add safe.directory '*'
chown -R root:root ${WORK}; cd ${WORK}
mkdir -p many && for i in $(seq ${FILES}); do echo "file $i" > many/$i.txt; done
head -c 1500000 /dev/urandom > many/large.bin
git add . && git -c user.name=seed -c user.email=seed@example.jp commit -qm many
git --git-dir=${repository} fetch -q ${WORK} main && git --git-dir=${repository} update-ref refs/heads/main FETCH_HEAD
cp -r many ${running}/many
${deploy === 'in-place' ? `git -C ${ROOT} read-tree HEAD; chown -R notes:notes ${ROOT}` : ''}
install -d -o notes -g notes ${data}; [ -e ${data}/live.json ] || echo '[{"id":1}]' > ${data}/live.json; chown notes:notes ${data}/live.json
chown -R claude:claude ${WORK}`,
  ])
}

/** Every path but what git and the service write. */
const state = (root: string) =>
  `cd ${root} && { find . -path ./.git -prune -o -path ./data -prune -o -printf '%P %y %m %u:%g %l\\n' | sort
find . -path ./.git -prune -o -path ./data -prune -o -type f -print0 | sort -z | xargs -0 sha256sum; }`

/** Appends a record ten times a second as the service does it: a new file, then a rename. */
const writer = (data: string) =>
  `i=1; while [ ! -e /run/stop-writer ]; do i=$((i+1)); sed "s/\\]$/,{\\"id\\":$i}]/" ${data}/live.json > ${data}/.next && mv ${data}/.next ${data}/live.json; echo $i > /run/notes-written/count; sleep 0.1; done`

describeWith('host', 'a change of many files', () => {
  for (const deploy of ['releases', 'in-place'] as const)
    test(`part of S35 and N01: ${FILES} files there and back with ${deploy}, while users write`, async () => {
      const data = deploy === 'releases' ? '/var/lib/notes' : `${ROOT}/data`
      const here: World = await world({
        binds: limitTree(),
        policy: (host) => notesPolicy(host, deploy, `    data: [{ dir: ${data}, format: json }]\n`),
        prepare: (host) => seed(host, deploy, data),
      })
      const { host } = here
      const must = async (who: 'ops1' | 'claude', argv: readonly string[], code = 0) => {
        const said = await here.sekisho(who, argv, { together: true, timeoutMs: 300_000 })
        expect(said.code, `${argv.join(' ')}\n${said.stdout}`).toBe(code)
        return said.stdout
      }
      const root = deploy === 'releases' ? `${ROOT}/current/` : ROOT
      const look = async () => ({
        files: (await host.ok(['sh', '-c', state(root)])).replace(/^ d \d+ \S+ \n/m, ''),
        nginx: await host.ok(['sh', '-c', 'nginx -T 2>/dev/null | sha256sum']),
      })
      const before = await look()
      const repository = deploy === 'releases' ? `${ROOT}/repository.git` : ROOT
      const tip = async () =>
        (await host.ok(['git', '-c', 'safe.directory=*', '-C', repository, 'rev-parse', 'main'])).trim()
      const first = await tip()
      await host.ok(['install', '-d', '-o', 'notes', '/run/notes-written'])
      await host.ok(['systemd-run', '--unit=writer', '--uid=notes', 'bash', '-c', writer(data)])
      await host.ok(
        [
          'bash',
          '-ec',
          `cd ${WORK} && for i in $(seq 1 280); do echo "changed $i" >> many/$i.txt; done
for i in $(seq 281 290); do git mv many/$i.txt many/moved-$i.txt; done
for i in $(seq 291 300); do git rm -q many/$i.txt; done
for i in $(seq 301 310); do chmod 755 many/$i.txt; done
head -c 1600000 /dev/urandom > many/large.bin; mkdir -p many/new && for i in $(seq 30); do echo $i > many/new/$i.txt; done
git add -A many && git commit -qm many`,
        ],
        { user: 'claude' },
      )
      await commitGreeting(host, 'Welcome')
      const view = await here.json<ChangeView>(
        'claude',
        proposal({ service: 'notes', work: WORK, instruction: 'Say welcome', impact: 'the greeting' }),
        { timeoutMs: 300_000 },
      )
      expect(
        view.checks.filter(({ verdict }) => verdict !== 'green' && verdict !== 'not_applicable'),
      ).toEqual([])
      await must('ops1', ['change', 'approve', view.id, '--yes'])
      expect(await says(host)).toBe('Welcome notes')
      expect((await look()).files).not.toBe(before.files)
      expect(await host.ok(['sh', '-c', `cd ${root} && ls many/new | wc -l; ls many | grep -c moved`])).toBe(
        '30\n10\n',
      )
      await until('the branch to move', 60_000, async () => ((await tip()) === first ? undefined : true))

      const card = await must('ops1', ['change', 'rollback', view.id], 3)
      await must('ops1', ['change', 'approve', /CHG-\d{4}-\d{4}/.exec(card)?.[0] ?? '', '--yes'])
      expect(await says(host)).toBe('Hello notes')
      await until('the branch to step back', 60_000, async () => ((await tip()) === first ? true : undefined))
      const after = await look()
      // Directories that only the change had are left empty in place; git does not see them.
      expect({ ...after, files: after.files.replace(/^many\/new d .*\n/m, '') }).toEqual(before)
      await host.ok(['touch', '/run/stop-writer'])
      await until('the writer to end', 30_000, async () =>
        (await host.exec(['systemctl', 'is-active', '-q', 'writer'])).code === 0 ? undefined : true,
      )
      // Nothing that users wrote is lost.
      const written = Number(await host.ok(['cat', '/run/notes-written/count']))
      const kept = JSON.parse(await host.ok(['cat', `${data}/live.json`])) as { id: number }[]
      expect(kept.at(-1)?.id).toBe(written)
      expect(kept.map(({ id }) => id)).toEqual(kept.map((_, i) => i + 1))
    }, 900_000)
})
