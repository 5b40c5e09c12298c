// All fields of tool knowledge.
import type { Tool } from '../tool.ts'
import { CLOUD } from './cloud.ts'
import { CONTAINERS } from './containers.ts'
import { DATABASES } from './databases.ts'
import { FILES } from './files.ts'
import { FILTERS } from './filters.ts'
import { GIT } from './git.ts'
import { HOST } from './host.ts'
import { LANGUAGES } from './languages.ts'
import { NETWORK } from './network.ts'

/** Every field. A new one is a file and a word here. */
export const TOOLS: readonly (readonly Tool[])[] = [
  FILES,
  FILTERS,
  GIT,
  NETWORK,
  HOST,
  CONTAINERS,
  CLOUD,
  DATABASES,
  LANGUAGES,
]
