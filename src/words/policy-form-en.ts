// English sentences for what is wrong with the form of sekisho.yaml: the text, its keys, its values and paths.
import type { PolicyFormWords } from './policy-words.ts'
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
export const near = (d: Reader) => (d('nearest') === '' ? '' : `did you mean ${d('nearest')}?`)

export const EN_POLICY_FORM: PolicyFormWords = {
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
  'value.file_name': (d) => ({
    what: `Not the name of a file: ${d('value')}`,
    why: 'what is named here counts in every directory below the data directory; a path says nothing more',
    next: d('name') === '' ? ['write the name of a file'] : [`write: ${d('name')}`],
  }),
  'value.call_path': (d) => ({
    what: `Not a path of a call: ${d('value')}`,
    next: ['write it like /articles/{id}/publish'],
  }),
  'value.call_name': (d) => ({
    what: `Not a name of a call: ${d('value')}`,
    next: ['lower case letters, digits, - and _'],
  }),
  'value.command_name': (d) => ({
    what: `Not a name of a command: ${d('value')}`,
    next: ['lower case letters, digits, - and _'],
  }),
  'value.path_below': (d) => ({
    what: `Not a path below the data directory: ${d('value')}`,
    why: 'rules of the content stand by the path of a file as it is called from there, without a slash in front and without ..',
    next: ['write it like this: users.json, or 2026/articles.json'],
  }),
  'value.table_name': (d) => ({
    what: `Not the name of a table: ${d('value')}`,
    why: 'a table is TABLE or SCHEMA.TABLE: letters, digits, underscore and $, beginning with a letter or an underscore',
    next: ['write the table as it is called in the database, without quotation marks'],
  }),
  'value.role_name': (d) => ({
    what: `Not the name of a role: ${d('value')}`,
    why: 'a role of PostgreSQL is written here in letters, digits, underscore and dash, beginning with a letter or an underscore',
    next: ['write the role that owns the tables, which is no superuser'],
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
}
