// Which program a package brings, and which one an image starts: a runner of packages is given their names, with a release behind them.
import type { Field } from '../fields.ts'
import { literal, text } from '../value.ts'

/** Where the program is not called like its package. */
const PROGRAMS: Readonly<Record<string, string>> = {
  'netlify-cli': 'netlify',
  'firebase-tools': 'firebase',
  '@railway/cli': 'railway',
  'aws-cdk': 'cdk',
  'cdktf-cli': 'cdktf',
  'eas-cli': 'eas',
  'expo-cli': 'expo',
  '@expo/cli': 'expo',
  '@sentry/cli': 'sentry-cli',
  '@aws-amplify/cli': 'amplify',
  '@shopify/cli': 'shopify',
  '@sanity/cli': 'sanity',
  'contentful-cli': 'contentful',
  '@algolia/cli': 'algolia',
  '@supabase/cli': 'supabase',
  '@infisical/cli': 'infisical',
  '@changesets/cli': 'changeset',
  '@mongodb-js/mongosh': 'mongosh',
  '@dotenvx/dotenvx': 'dotenvx',
  'dotenv-cli': 'dotenv',
  'trash-cli': 'trash',
  '@mikro-orm/cli': 'mikro-orm',
  awscli: 'aws',
  awscli2: 'aws',
  'aws-cli': 'aws',
  'azure-cli': 'az',
  'google-cloud-sdk': 'gcloud',
  'ansible-core': 'ansible',
  'kubernetes-helm': 'helm',
  postgresql: 'psql',
  opentofu: 'tofu',
}

/** The program that a package is run for: `wrangler@latest`, `@sentry/cli`, `nixpkgs#awscli`. */
export function programOfPackage(field: Field): Field {
  const plain = literal(field.value)
  if (plain === undefined || plain === '') return field
  const source = plain.replace(/^(?:nixpkgs|\.)#/, '')
  const at = source.lastIndexOf('@')
  const bare = at > 0 ? source.slice(0, at) : source
  const program = Object.hasOwn(PROGRAMS, bare) ? PROGRAMS[bare] : bare.replace(/^@[\w.-]+\/(?=[\w.-]+$)/, '')
  return program === undefined || program === '' || program === plain
    ? field
    : { ...field, value: text(program) }
}

/** Images that start the program they are called after. */
const STARTS =
  /^(?:aws|az|gcloud|terraform|tofu|terragrunt|pulumi|kubectl|helm|helmfile|flyway|liquibase|mc|rclone|restic|vault|packer|consul|nomad|curl|doctl|hcloud|velero|argocd|eksctl|migrate|dbmate|atlas|sops|ansible-playbook|skopeo|crane)$/

/** `hashicorp/terraform:1.9 destroy`: the words behind the image are the words of its program, where they do not begin with one. */
export function programOfImage(image: Field | undefined, words: readonly Field[]): Field | undefined {
  const plain = image === undefined ? undefined : literal(image.value)
  if (image === undefined || plain === undefined || words.length === 0) return undefined
  const last = plain.split('/').at(-1)?.split(/[:@]/)[0] ?? ''
  const program = literal(programOfPackage({ ...image, value: text(last) }).value) ?? ''
  const first = literal(words[0]?.value ?? []) ?? ''
  return STARTS.test(program) && first !== program && !/^(?:.*\/)?(?:sh|bash|ash)$/.test(first)
    ? { ...image, value: text(program) }
    : undefined
}
