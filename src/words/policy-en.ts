// English sentences for what is wrong with what sekisho.yaml says.

import { POLICY_CHECKS } from './policy-checks.ts'
import { EN_POLICY_CODE } from './policy-code-en.ts'
import { EN_POLICY_FORM, near } from './policy-form-en.ts'
import { POLICY_NOTIFY } from './policy-notify.ts'
import type { PolicyWords } from './policy-words.ts'
import type { Reader } from './words.ts'

const isProtection = (d: Reader) => d('value').startsWith('protect.')

export const EN_POLICY: PolicyWords = {
  ...EN_POLICY_FORM,
  ...EN_POLICY_CODE,
  ...POLICY_CHECKS.en,
  ...POLICY_NOTIFY.en,
  'health.good_of': (d) => ({
    what: `${d('good')} good answers of ${d('of')} can never be`,
    next: ['make good at most as large as of'],
  }),
  'health.ca_without_tls': () => ({
    what: 'A certificate authority without https',
    why: 'an http address shows no certificate',
    next: ['write https in the address, or remove ca'],
  }),
  'config.twice': (d) => ({
    what: `Declared twice: ${d('value')}`,
    why: `${d('other')} has ${d('as')} already; whose rules would hold is not clear`,
    next: ['keep it in one place'],
  }),
  'config.unit_needed': (d) => ({
    what: `A change of this ${d('kind')} file needs a unit to restart or reload`,
    next: [
      'add manager: { systemd: NAME.service } to the service, or unit: NAME.service here, or activation: none',
    ],
  }),
  'config.no_activation': (d) => ({
    what: `A ${d('kind')} file that nothing reads again is never in effect`,
    next: ['write activation: reload or activation: restart'],
  }),
  'config.secret_fixed': (d) => ({
    what: `A dotenv file is always secret: ${d('value')}`,
    next: ['remove secret: false'],
  }),
  'config.keep_person': (d) => ({
    what: `This file can cut your own way in: ${d('value')}`,
    why: 'such a change is taken back unless a person who still gets in says keep',
    next: ['remove keep: proof'],
  }),
  'data.nested': (d) => ({
    what: `${d('value')} lies inside of ${d('other')}, or is the same`,
    why: 'each file of a backup belongs to one directory',
    next: ['declare the outer directory alone'],
  }),
  'data.invariants_format': (d) => ({
    what: `Rules about the content of ${d('value')} need format: json`,
    why: 'records are read only of JSON files',
    next: ['write format: json at this data directory, or remove the rules'],
  }),
  'backup.repository': (d) => ({
    what: `Neither a directory nor a repository: ${d('value')}`,
    why: 'possible: /an/absolute/directory, sftp:user@host:/path, rest:https://host/path',
    next: ['write one of these'],
  }),
  'backup.id': (d) => ({
    what: `Not the name of a backup: ${d('value')}`,
    why: 'it looks like 20261125_191200Z',
    next: ['take it from sekisho backup list'],
  }),
  'backup.nothing': () => ({
    what: 'There is nothing here that could be backed up',
    next: ['declare data, databases or configs of this service, or remove backup'],
  }),
  'backup.inside_data': (d) => ({
    what: `The copy ${d('value')} would lie inside of the data ${d('dir')}`,
    why: 'what destroys the data would take the copy with it, and each copy would hold the ones before',
    next: ['give the copy a place of its own, on another disk'],
  }),
  'backup.copy_twice': (d) => ({
    what: `Two copies have this: ${d('value')}`,
    next: ['give each copy a name and a place of its own'],
  }),
  'backup.directory_here': (d) => ({
    what: `A copy of kind directory lies on this machine: ${d('value')}`,
    next: ['write an absolute path, or kind: restic'],
  }),
  'backup.credential_directory': () => ({
    what: 'A directory copy has no password',
    why: 'it is not encrypted; secrets are never written into it',
    next: ['remove credential, or write kind: restic'],
  }),
  'backup.credential_needed': (d) => ({
    what: `The repository ${d('value')} needs a password`,
    next: ['write credential: NAME, and give the value with sekisho secret put SERVICE backup/NAME'],
  }),
  'backup.no_directory': () => ({
    what: 'A directory copy on this machine is needed',
    why: 'the other copies are made of it, and the way back within minutes is read from it',
    next: ['write to: /backup/NAME, or add a copy of kind directory'],
  }),
  'service.unknown': (d) => ({
    what: `No such service in this file: ${d('value')}`,
    why: d('known') === '' ? '' : `there are: ${d('known')}`,
    next: ['write the name as it stands under services'],
  }),
  'service.unit_twice': (d) => ({
    what: `Two services have the same unit: ${d('unit')}`,
    why: `${d('other')} has it already`,
    next: ['make them one service, or remove manager from one'],
  }),
  'service.hosts': (d) => ({
    what: `Not in this release yet: a second host (${d('host')} besides ${d('other')})`,
    next: ['write one file on each host'],
  }),
  'actor.twice': (d) => ({
    what: `A person and an agent have the same name: ${d('actor')}`,
    why: 'the record could not tell them apart',
    next: ['give the agent another name'],
  }),
  'person.roles_needed': (d) => ({
    what: `What may ${d('person')} do? roles is missing`,
    why: 'only where one person is alone, that person is the owner without saying so',
    next: ['add roles: [owner], or some of viewer, requester, approver, operator, auditor'],
  }),
  'person_key.private': () => ({
    what: 'This is a private key',
    why: 'whoever reads this file could approve with it; take it as known to others',
    next: ['make a new key with ssh-keygen -t ed25519', 'write the line of the file that ends in .pub'],
  }),
  'person_key.unreadable': (d) => ({
    what: 'Not a public SSH key',
    why:
      d('why') === 'key_malformed'
        ? 'the key is damaged or cut off'
        : 'one line such as ssh-ed25519 AAAA… must stand here',
    next: ['write the one line of the file that ends in .pub, in quotes'],
  }),
  'person_key.weak': (d) => ({
    what: `A key of this kind does not count${d('type') === '' ? '' : `: ${d('type')}`}`,
    why: 'Ed25519, ECDSA, and RSA of 3072 bits or more count',
    next: ['make one with ssh-keygen -t ed25519'],
  }),
  'person_key.hardware': () => ({
    what: 'Not in this release yet: keys on a security key (sk-…)',
    next: ['use an Ed25519 key until the release that brings them'],
  }),
  'person_key.twice': (d) => ({
    what: `This key belongs to ${d('other')} already`,
    why: 'a signature must name one person',
    next: [`give ${d('person')} a key of their own, or remove the second line`],
  }),
  'agent.sponsor_needed': (d) => ({
    what: `For whom does ${d('agent')} work? sponsor is missing`,
    next: ['add sponsor: with the name of a person'],
  }),
  'agent.sponsor_unknown': (d) => ({
    what: `No such person: ${d('sponsor')}`,
    why: `people are: ${d('people')}`,
    next: [`write the person for whom ${d('agent')} works`],
  }),
  'agent.sponsor_agent': (d) => ({
    what: `${d('sponsor')} is an agent and cannot be a sponsor`,
    why: 'a person answers for every agent',
    next: [`write one of: ${d('people')}`],
  }),
  'policy.window_empty': () => ({
    what: 'The window has no time in it',
    next: ['let from and until differ; the whole day is "00:00" to "24:00"'],
  }),
  'policy.freeze_order': () => ({
    what: 'The freeze ends before it begins',
    next: ['put the later time at until'],
  }),
  'policy.file_keys': () => ({
    what: 'A key that lies in a file cannot approve here',
    why: 'level is enforce and the agent shares the account of the operator, so the agent could read that key',
    next: [
      'give the agent its own Unix user and write agent_user: own',
      'or sign with a key on another device, enrolled with class: device',
    ],
  }),
  'policy.self_rule': (d) => ({
    what: `${d('rule')} cannot be loosened`,
    why: 'rules of self.* keep the guard itself from the agent; loosened by a file that an agent may come to write, they would keep nothing',
    next: ['take the line out; deny is what it is without it'],
  }),
  'policy.guard_rule': (d) => ({
    what: `The guard has no rule ${d('value')} whose answer can be changed`,
    why: isProtection(d)
      ? 'protect.* is what the file itself declares, and is changed there'
      : near(d) || 'a rule is called as its refusals show it, such as fs.delete',
    next: isProtection(d)
      ? ['take the line out; data, configs and guard.secrets say what is protected']
      : [d('nearest') === '' ? 'see the name: sekisho guard explain -- COMMAND' : `write ${d('nearest')}:`],
  }),
  'approve.nobody': (d) => ({
    what: `Nobody can approve a change of ${d('service')}`,
    why: 'no person with the role owner or approver has a key',
    next: [
      'add your public key: keys: [ "ssh-ed25519 AAAA…" ]',
      'your key is in ~/.ssh/id_ed25519.pub; make one with ssh-keygen -t ed25519',
    ],
  }),
  'approve.dead_end': (d) => ({
    what: `A change of ${d('service')} could never get its approvals (tier ${d('tier')})`,
    why: `needed: ${d('approvals')}; who can give one: ${d('able')} (roles ${d('roles')}; keys ${d('keys')}). The author does not count where somebody else can approve`,
    next: ['ask for fewer approvals, or give one more person such a role and such a key'],
  }),
  'approve.no_owner': (d) => ({
    what: `${d('service')} has no owner with a key`,
    why: 'only an owner can sign standing statements and get it out of a halt',
    next: ['give one person roles: [owner] for this service'],
  }),
  'host.link_leaves': (d) => ({
    what: `The link leaves what is declared: ${d('value')} → ${d('to')}`,
    why: 'the file that really changes must stand here itself',
    next: [`write path: ${d('to')}`],
  }),
  'host.not_regular': (d) => ({
    what: `Not a file: ${d('value')} (${d('type')})`,
    next: ['write the path of a file'],
  }),
  'host.too_large': (d) => ({
    what: `The file is too large: ${d('value')}`,
    why: `${d('size')} bytes; the limit is ${d('limit')}`,
    next: ['remove the line; data is no configuration'],
  }),
  'host.hard_links': (d) => ({
    what: `The file has more than one name: ${d('value')} (${d('links')} hard links)`,
    why: 'replacing it would part the names',
    next: ['make it a file of its own, or remove the line'],
  }),
  'host.no_directory': (d) => ({
    what: `The directory is not there: ${d('value')}`,
    next: ['look at the spelling, or make the directory'],
  }),
  'host.unreadable': (d) => ({
    what: `Could not be looked at: ${d('value')}`,
    why: d('why'),
    next: ['apply as the owner of this file'],
  }),
  'host.absent': (d) => ({
    what: `The file is not there yet: ${d('value')}`,
    why: 'a change may make it',
    next: ['look at the spelling if it should be there'],
  }),
  'host.private': (d) => ({
    what: `Not everybody may read this file, and its lines will be shown: ${d('value')}`,
    why: 'differences and cards show them to all who may read changes, agents too, and the ledger keeps them',
    next: ['write secret: true, where it holds a secret'],
  }),
  'host.backup_daily': (d) => ({
    what: `The place of the copies ends in daily: ${d('value')}`,
    why: 'copies lie in daily below to; those that lie here already are not found',
    next: [`write the directory above: ${d('above')}`],
  }),
  'host.health_redirects': (d) => ({
    what: `The health address sends elsewhere: ${d('status')}${d('to') === '' ? '' : ` → ${d('to')}`}`,
    why: 'whoever answers in the end may be somebody else',
    next: ['write the address that answers itself'],
  }),
  'host.health_certificate': (d) => ({
    what: 'The health address shows a certificate that does not count',
    why: d('why'),
    next: [
      'write ca: with the certificate authority of this service, or an address that its certificate names',
    ],
  }),
  'host.health_status': (d) => ({
    what: `The service does not look healthy now: ${d('status')} instead of ${d('expected')}`,
    why: 'changes wait until it does, or until somebody signs for it',
    next: ['look at the service, or at status and json here'],
  }),
  'host.health_silent': (d) => ({
    what: 'The health address does not answer now',
    why: d('why'),
    next: ['look at the service, or at the address'],
  }),
}
