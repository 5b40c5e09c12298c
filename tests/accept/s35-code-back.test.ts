// Code goes back to the intended tree: pushed to a real server over ssh, refused by it, not pushed at all, and to a given commit. The rollback that the
// guide writes leaves the bad tree, and is red.
import { beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { describeWith } from '../host/describe.ts'
import { type Host, SEKISHO } from '../host/host.ts'
import { until } from '../until.ts'
import { type CodeStory, codeStory } from './code-story.ts'
import { commitGreeting, says, WORK } from './notes.ts'

const SERVER = '/home/git/notes.git'
const URL_OF = `ssh://git@127.0.0.1:2222${SERVER}`
const KEY = '/root/deploy'

/** An account `git` with a bare repository, and an sshd of its own on a port of its own. */
async function serveGit(host: Host): Promise<void> {
  await host.ok([
    'bash',
    '-ec',
    `useradd --create-home --shell /usr/bin/git-shell git && passwd -q -d git || true
git clone -q --bare /root/seed ${SERVER} && git -C ${SERVER} config receive.denyNonFastForwards true
ssh-keygen -q -t ed25519 -N '' -f ${KEY}
ssh-keygen -q -t ed25519 -N '' -f /root/host_key
install -d -o git -g git -m 700 /home/git/.ssh && install -o git -g git -m 600 ${KEY}.pub /home/git/.ssh/authorized_keys
chown -R git:git ${SERVER}
install -d /etc/ssh /run/sshd && echo "[127.0.0.1]:2222 $(cut -d' ' -f1,2 /root/host_key.pub)" > /etc/ssh/ssh_known_hosts
printf 'Port 2222\\nListenAddress 127.0.0.1\\nHostKey /root/host_key\\nPasswordAuthentication no\\nUsePAM no\\nPidFile none\\n' > /root/sshd_config
systemd-run -q --unit=git-server.service /usr/sbin/sshd -D -e -f /root/sshd_config`,
  ])
}

describeWith('host', 'code that goes back', () => {
  let story: CodeStory
  let host: Host
  const remote = async () =>
    (await host.ok(['git', '-c', 'safe.directory=*', '-C', SERVER, 'rev-parse', 'main'])).trim()
  const treeOf = (commit: string) => story.git('rev-parse', `${commit}^{tree}`)
  const remoteTree = async () =>
    (await host.ok(['git', '-c', 'safe.directory=*', '-C', SERVER, 'rev-parse', 'main^{tree}'])).trim()
  const show = (id: string) => story.here.json<ChangeView>('ops1', ['change', 'show', id])
  const delivered = async (id: string, state: string) => {
    let seen: unknown
    return await until(`${id} to be ${state}`, 60_000, async () => {
      const { delivery } = await show(id)
      seen = delivery
      return delivery?.state === state ? delivery : undefined
    }).catch(async (cause: unknown) => {
      const { stdout } = await host.exec([
        'journalctl',
        '-u',
        'sekisho-up',
        '-u',
        'git-server',
        '-n',
        '30',
        '--no-pager',
        '-o',
        'cat',
      ])
      throw new Error(`${id}: ${JSON.stringify(seen)}\n${stdout}`, { cause })
    })
  }
  const deploy = async (word: string) => {
    await story.reset()
    await commitGreeting(host, word)
    const { id } = await story.propose(`Say ${word}`)
    await story.approve(id)
    expect(await says(host)).toBe(`${word} notes`)
    return id
  }
  const back = async (...argv: readonly string[]) => {
    const id = await story.takeBack(argv)
    await story.approve(id)
    return id
  }

  beforeAll(async () => {
    story = await codeStory({
      deploy: 'releases',
      policy: (text) =>
        text.replace(
          'deploy: releases }',
          `deploy: releases, push: { url: '${URL_OF}', credential: deploy } }`,
        ),
      prepare: serveGit,
    })
    host = story.here.host
    await host.ok(['sh', '-c', `${SEKISHO} secret put notes deploy < ${KEY}`])
  })

  test('S35 code goes back to the intended tree, pushed, not pushed and to a given commit; the rollback of the guide (E1) is red', async () => {
    const first = await story.tip()
    // Pushed after the approval: a commit on top takes it back, at the address too.
    const one = await deploy('Welcome')
    expect(await delivered(one, 'pushed')).toMatchObject({ push: URL_OF })
    expect(await remote()).toBe(await story.tip())
    const welcome = await story.tip()
    const undone = await back('change', 'rollback', one)
    await delivered(undone, 'pushed')
    expect(await says(host)).toBe('Hello notes')
    expect(await story.git('rev-parse', 'main^')).toBe(welcome)
    expect([await treeOf('main'), await remoteTree()]).toEqual([await treeOf(first), await treeOf(first)])

    // The address refuses: a state with its cause and next step. The change is kept; taken back, the branch steps back.
    await host.ok([
      'sh',
      '-c',
      `printf '#!/bin/sh\\necho not today >&2\\nexit 1\\n' > ${SERVER}/hooks/pre-receive && chmod 755 ${SERVER}/hooks/pre-receive`,
    ])
    const before = await story.tip()
    const two = await deploy('Good evening')
    expect((await delivered(two, 'pushFailed')).why).toMatch(/^rejected/)
    const card = await story.must('ops1', ['change', 'show', two])
    expect(card).toContain('it refused')
    expect(card).toContain('the runner tries again')
    expect(await story.must('ops1', ['record', 'show', two])).toMatch(/not pushed: rejected/)
    const stepped = await back(
      'do',
      'code',
      '--service',
      'notes',
      '--to',
      'previous',
      '--instruction',
      'Back',
    )
    await until('the branch to step back', 60_000, async () =>
      (await story.tip()) === before ? true : undefined,
    )
    expect(await says(host)).toBe('Hello notes')
    await host.ok(['rm', `${SERVER}/hooks/pre-receive`])
    await delivered(stepped, 'pushed')
    expect(await remote()).toBe(before)

    // To a given commit.
    const given = await back('do', 'code', '--service', 'notes', '--to', welcome, '--instruction', 'To May')
    await delivered(given, 'pushed')
    expect(await says(host)).toBe('Welcome notes')
    expect(await remoteTree()).toBe(await treeOf(welcome))

    // As the guide writes it, in the agent's clone: the tree is the bad one again, and no commit on the deployed one.
    await story.reset()
    await host.ok(
      [
        'bash',
        '-ec',
        `cd ${WORK} && git reset -q --soft HEAD~1 && git add . && git commit -qm rollback && git rev-parse 'HEAD^{tree}'`,
      ],
      { user: 'claude' },
    )
    const said = await story.here.sekisho(
      'claude',
      [
        'do',
        'code',
        '--service',
        'notes',
        '--repository',
        WORK,
        '--instruction',
        'roll back',
        '--by',
        'ops1',
        '--impact',
        'x',
        '--risk',
        'y',
        '--notify',
        'not_needed',
      ],
      { together: true },
    )
    expect(said.code, said.stdout).not.toBe(0)
    expect(said.stdout).toContain('git rebase')
  }, 600_000)
})
