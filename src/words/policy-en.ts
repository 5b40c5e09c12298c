// English sentences for what is wrong with sekisho.yaml.
import type { PolicyWords } from './policy-words.ts'
import type { Reader } from './words.ts'

const KINDS: Readonly<Record<string, string>> = {
  map: 'keys with values',
  list: 'a list',
  text: 'text',
  number: 'a number',
  boolean: 'true or false',
  nothing: 'nothing',
}
const kind = (word: string) => KINDS[word] ?? word
const where = (path: string) => (path === '' ? 'the top of the file' : path)
const near = (d: Reader) => (d('nearest') === '' ? '' : `did you mean ${d('nearest')}?`)

export const EN_POLICY: PolicyWords = {
  'yaml.syntax': (d) => ({
    what: 'This is not YAML',
    why: `${d('near') === '' ? '' : `near ${d('near')}: `}the reader stops here (${d('code')})`,
    next: ['look at quotes, colons and brackets on this line and the one above'],
  }),
  'yaml.indent': (d) => ({
    what: 'The indentation does not fit',
    why: `${d('near') === '' ? '' : `near ${d('near')}: `}this line belongs to nothing above it`,
    next: ['give lines of one group the same number of spaces in front'],
  }),
  'yaml.tab': () => ({
    what: 'A tab stands where spaces must',
    why: 'YAML indents by spaces only',
    next: ['replace the tab by spaces'],
  }),
  'yaml.quote': (d) => ({
    what: 'Something is opened and not closed, or an escape is not one',
    why: `${d('near') === '' ? '' : `near ${d('near')}: `}a quote, bracket or colon is missing here`,
    next: ['close it; in double quotes write a backslash as \\\\'],
  }),
  'yaml.duplicate_key': () => ({
    what: 'This key stands here a second time',
    why: 'which of the two counts would be a guess',
    next: ['keep one of them'],
  }),
  'yaml.alias': () => ({
    what: 'Aliases (*name) are not taken in this file',
    why: 'every rule says what it says where it stands',
    next: ['write the values out here'],
  }),
  'yaml.tag': (d) => ({
    what: `Tags are not taken in this file: ${d('tag')}`,
    next: ['write the plain value, in quotes where it is text'],
  }),
  'yaml.many_documents': () => ({
    what: 'A second document begins here',
    why: 'this file is one document',
    next: ['remove the line --- and what should not count'],
  }),
  'yaml.too_large': (d) => ({
    what: 'The file is too large',
    why: `the limit is ${d('limit')} characters`,
    next: ['look whether this is the right file'],
  }),
  'yaml.too_deep': () => ({
    what: 'The file is nested too deeply',
    why: 'nothing here is more than 16 levels deep',
    next: ['look for brackets that are opened and never closed'],
  }),
  'yaml.no_text': () => ({
    what: 'The file is empty',
    next: ['sekisho init writes one from what this host shows'],
  }),
  'key.unknown': (d) => ({
    what: `Unknown key: ${d('key')}`,
    why: near(d) === '' ? `known in ${where(d('in'))}: ${d('known')}` : near(d),
    next: [d('nearest') === '' ? 'remove the line' : `write ${d('nearest')}:`],
  }),
  'key.later': (d) => ({
    what: `Not in this release yet: ${d('key')}`,
    why: 'a rule that nothing keeps would be a false promise',
    next: ['put a # in front of it until the release that brings it'],
  }),
  'key.missing': (d) => ({
    what: `${d('key')} is missing in ${where(d('in'))}`,
    next: [`add a line ${d('key')}: …`],
  }),
  'value.empty': (d) => ({
    what: `${d('key')} has no value`,
    next: ['write a value, or remove the line'],
  }),
  'value.kind': (d) => ({
    what: `Here belongs ${kind(d('expected'))}`,
    why: `here stands ${kind(d('found'))}`,
    next: [
      d('expected') === 'text'
        ? 'put the value in quotes'
        : d('expected') === 'list'
          ? 'write [ … ], or lines that begin with -'
          : d('expected') === 'number'
            ? 'write the number without quotes'
            : d('expected') === 'boolean'
              ? 'write true or false without quotes'
              : 'write keys with values, indented below this key',
    ],
  }),
  'value.choice': (d) => ({
    what: `Not one of the words for this: ${d('value')}`,
    why: near(d) === '' ? `possible: ${d('allowed')}` : near(d),
    next: [d('nearest') === '' ? `write one of: ${d('allowed')}` : `write ${d('nearest')}`],
  }),
  'value.later': (d) => ({
    what: `Not in this release yet: ${d('value')}`,
    next: ['leave it out until the release that brings it'],
  }),
  'value.range': (d) => ({
    what: 'The value is out of range',
    why: `from ${d('min')} to ${d('max')}`,
    next: ['write a value in this range'],
  }),
  'value.too_long': (d) => ({
    what: 'The text is too long',
    why: `at most ${d('max')} characters`,
    next: ['shorten it'],
  }),
  'value.control': () => ({
    what: 'The text holds characters that cannot be seen',
    why: 'it would read as something else on the card',
    next: ['type the text again by hand'],
  }),
  'value.name': (d) => ({
    what: `Not a name: ${d('value')}`,
    why: 'names are a–z, 0–9, dot, dash and underscore, at most 63, beginning with a letter or digit',
    next: ['write a short name in small letters'],
  }),
  'value.duration': () => ({
    what: 'Not a span of time',
    next: ['write a number with its unit: 500ms, 10s, 5m, 24h, 7d'],
  }),
  'value.size': () => ({
    what: 'Not a size',
    next: ['write a number with its unit: 64MiB, 1GiB'],
  }),
  'value.unit': (d) => ({
    what: `Not the name of a systemd unit: ${d('value')}`,
    why: 'the ending is part of the name',
    next: ['write it as systemctl shows it, such as mirai.service'],
  }),
  'value.url': (d) => ({
    what: `Not an http or https address: ${d('value')}`,
    next: ['write it in full, such as https://localhost/health'],
  }),
  'value.url_password': () => ({
    what: 'The address holds a user name or a password',
    why: 'this file is read by more people than may know it',
    next: ['use an address that answers without one'],
  }),
  'value.zone': (d) => ({
    what: `Not a time zone: ${d('value')}`,
    next: ['write its full name, such as Asia/Tokyo or UTC'],
  }),
  'value.day': (d) => ({
    what: `Not a day: ${d('value')}`,
    why: `days are ${d('days')}`,
    next: ['write one, or a span such as mon-fri'],
  }),
  'value.time': (d) => ({
    what: `Not a time of day: ${d('value')}`,
    next: ['write hours and minutes from "00:00" to "24:00"'],
  }),
  'value.date': (d) => ({
    what: `Not a date or a time: ${d('value')}`,
    next: ['write 2026-12-29, or 2026-12-29 18:00, or 2026-12-29T18:00:00+09:00'],
  }),
  'path.not_plain': (d) => ({
    what: `Not a full path: ${d('value')}`,
    why: 'a path begins with / and has no //, no . or .. in it and no / at its end',
    next: ['write the path as realpath prints it'],
  }),
  'path.pattern': (d) => ({
    what: `Patterns are not taken here: ${d('value')}`,
    why: 'what may be changed is listed file by file; only the drop-ins of a unit are taken as /etc/systemd/system/NAME.service.d/*.conf',
    next: ['write one line for each file'],
  }),
  'path.own': (d) => ({
    what: `This belongs to Sekisho itself: ${d('value')}`,
    why: 'its rules and its code are changed by their owner, never by a change that they judge',
    next: ['remove the line'],
  }),
  'path.kernel': (d) => ({
    what: `This is no file that stays: ${d('value')}`,
    why: 'the kernel makes up what lies under /proc, /sys and /dev',
    next: ['remove the line'],
  }),
  'path.not_a_unit': (d) => ({
    what: `Not where systemd reads units: ${d('value')}`,
    next: ['write /etc/systemd/system/NAME.service, a file in NAME.service.d/, or { kind: systemd } alone'],
  }),
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
