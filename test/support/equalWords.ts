/** Owns pairs of texts that differ and have the same length, in code points and in bytes, for each place that words come from. */
import { Arbitrary, Schema } from "effect"

/** Letters of one, two, three and four bytes; blanks; and what ends a sentence. */
const alphabets = [
  `abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<>&%$#@{}[]:;'"\\/_-+=*`,
  "äöüßéèñçøÅЖдя",
  "漢字仮名あいう€…",
  "😀😁🜚𝒳𝄞",
  " \t",
  ".!?\n"
].map((letters) => [...letters])
const Letter = Schema.Struct({
  kind: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: alphabets.length - 1 })),
  one: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 999 })),
  other: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 999 }))
})
const Letters = Schema.Array(Letter).check(Schema.isMinLength(1), Schema.isMaxLength(60))

const letter = (kind: number, at: number): string => {
  const letters = alphabets[kind] ?? []
  return letters[at % letters.length] ?? ""
}

type Words<Place extends string> = Readonly<Record<Place, string>>

/** Two texts for each place. */
export const pairs = <Place extends string>(places: ReadonlyArray<Place>) => {
  const Dice = Schema.Struct(
    Object.fromEntries(places.map((place) => [place, Letters])) as Record<Place, typeof Letters>
  )
  const side = (dice: Readonly<Record<Place, typeof Letters.Type>>, which: "one" | "other"): Words<Place> =>
    Object.fromEntries(
      places.map((place) => {
        const letters = dice[place].map((drawn) => letter(drawn.kind, drawn[which]))
        const end = which === "one" ? "x" : "y"
        return [place, [end, ...letters, end].join("")]
      })
    ) as unknown as Words<Place>
  return Arbitrary.schema(Dice).pipe(
    Arbitrary.map((dice): readonly [Words<Place>, Words<Place>] => {
      const drawn = dice as unknown as Readonly<Record<Place, typeof Letters.Type>>
      return [side(drawn, "one"), side(drawn, "other")]
    })
  )
}

/** Each place's name as its words. */
export const same = <Place extends string>(places: ReadonlyArray<Place>): Words<Place> =>
  Object.fromEntries(places.map((place) => [place, place])) as unknown as Words<Place>
