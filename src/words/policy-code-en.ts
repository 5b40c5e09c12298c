// English sentences for what is wrong with the declared code of a service.
import type { PolicyCodeWords } from './policy-words.ts'

export const EN_POLICY_CODE: PolicyCodeWords = {
  'repo.needed': (d) => ({
    what: `${d('key')} without a repository`,
    why: 'which code it is about is said by repo',
    next: ['add repo: { path: /srv/NAME, deploy: releases } to the service', `or remove ${d('key')}`],
  }),
  'repo.branch': (d) => ({
    what: `Not the name of a branch: ${d('value')}`,
    next: ['write it as git branch shows it, such as main'],
  }),
  'repo.path_below': (d) => ({
    what: `Not a path below a release: ${d('value')}`,
    next: ['write it as it is called from there, without a slash in front and without ..: reports/junit.xml'],
  }),
  'repo.push_url': (d) => ({
    what: `Not an address that git pushes to: ${d('value')}`,
    why: 'possible: https://host/path, ssh://host/path, user@host:path, file:///directory',
    next: ['write one of these'],
  }),
  'repo.test_needed': () => ({
    what: 'A repository without tests',
    why: 'a change of code is not let through before its tests ran',
    next: ['add test: { argv: [npm, test], results: { junit: reports/*.xml } } to the service'],
  }),
  'repo.unit_needed': () => ({
    what: 'A repository without a unit',
    why: 'new code is in effect when the service has started with it',
    next: ['add manager: { systemd: NAME.service } to the service'],
  }),
  'repo.health_needed': () => ({
    what: 'A repository without health',
    why: 'nothing would show that the new code works',
    next: ['add health: http://127.0.0.1:PORT/health to the service'],
  }),
  'repo.twice': (d) => ({
    what: `${d('value')} belongs to ${d('other')} already`,
    why: 'a directory of code is deployed by one service',
    next: ['declare repo at one of the two'],
  }),
  'repo.inside_release': (d) => ({
    what: `${d('value')} lies inside of a release`,
    why: 'the next release would be without it',
    next: ['put it outside of releases, and name it in repo.shared'],
  }),
  'repo.shared_in_place': () => ({
    what: 'shared is for deploy: releases',
    why: 'in place there is one tree, and declared data stay in it',
    next: ['remove shared, or write deploy: releases'],
  }),
  'migrations.tool_needed': (d) => ({
    what: `${d('key')} without a migration tool`,
    why: 'SQL files need none of it',
    next: ['write tool: argv beside it', `or remove ${d('key')}`],
  }),
  'migrations.status_needed': () => ({
    what: 'A migration tool without status',
    why: 'what status says before and after decides whether something was applied; without it nobody could tell after a crash',
    next: [
      'write status: [PROGRAM, …], a command that prints how far the database is, such as alembic current',
    ],
  }),
  'migrations.dir_is_sql': () => ({
    what: 'dir is for SQL files in the repository',
    why: 'the files of a tool lie in its directory, and go by themselves before the code',
    next: ['remove dir', 'or remove tool, and keep pairs of SQL files in dir'],
  }),
  'repo.shared_nested': (d) => ({
    what: `${d('value')} is shared twice`,
    next: ['name the outer directory alone'],
  }),
  'command.words': () => ({
    what: 'A command is written as a list of words',
    why: 'no shell reads it, so it is not one line',
    next: ['write it as argv: [npm, run, build]'],
  }),
  'command.program': () => ({
    what: 'The command names no program',
    next: ['write the program as the first word: argv: [npm, test]'],
  }),
  'command.shell': (d) => ({
    what: `A line for ${d('value')} is no list of words`,
    why: 'what a shell makes of a line is not what was approved',
    next: ['put the line into a script of the repository, and name the script'],
  }),
  'command.unit_needed': () => ({
    what: 'Commands need the unit of their service',
    why: 'they run as its user, and beside it in a rehearsal',
    next: ['write manager: { systemd: NAME.service }'],
  }),
  'command.outside': (d) => ({
    what: `${d('value')} lies neither in ${d('directory')} nor in the system’s own places`,
    why: 'what runs is sealed with the directory, or belongs to the system',
    next: ['put the program into the directory, and name it as ./PROGRAM'],
  }),
  'command.writes': (d) => ({
    what: `A command must not write ${d('value')} (${d('other')})`,
    why: 'its own files, data, settings and code are changed in their own ways, with their own proofs',
    next: ['name a directory of its own, or change data by a call of the service (api.calls)'],
  }),
  'command.host': (d) => ({
    what: `Not the name of a host: ${d('value')}`,
    next: ['write it without https:// and path, such as registry.npmjs.org'],
  }),
  'test.one_result': () => ({
    what: 'results needs junit or go-json, and one of them',
    next: ['write results: { junit: reports/*.xml }'],
  }),
  'test.one_coverage': () => ({
    what: 'coverage needs lcov or cobertura, and one of them',
    next: ['write coverage: { lcov: coverage/lcov.info }'],
  }),
  'rehearse.health': (d) => ({
    what: `Not an address inside of the room: ${d('value')}`,
    why: 'the service alone runs there, without a way out',
    next: ['write the service’s own port: http://127.0.0.1:PORT/PATH'],
  }),
  'rehearse.health_needed': (d) => ({
    what: `A rehearsal cannot ask ${d('value')}`,
    why: 'the service alone runs there, without nginx and without a way out',
    next: ['add rehearse: { health: http://127.0.0.1:PORT/PATH } with the service’s own port'],
  }),
}
