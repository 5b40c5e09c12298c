// The shape of a change of a schema as every door speaks it.
import { z } from 'zod'

const sqlName = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/, 'sql_name')
const sqlFile = z.strictObject({ name: sqlName, base64: z.string().max(400_000) })
/** A pair of SQL files, or what the declared tool does. Without `down` nothing but a restore takes the files back. */
export const migrationWish = z.strictObject({
  /** May be left out where the service declares one database with migrations. */
  database: z
    .string()
    .min(1)
    .max(63)
    .refine((text) => text.isWellFormed() && !text.includes('\0'), 'storable')
    .optional(),
  up: sqlFile.optional(),
  down: sqlFile.optional(),
  /** There is no way down: only a restore takes it back. */
  irreversible: z.literal(true).optional(),
  /** In the place of files: `down` takes back what an earlier change of the tool did. */
  tool: z.enum(['up', 'down']).optional(),
})
export type MigrationWish = z.infer<typeof migrationWish>
