/** Owns what somebody may have done to the file of a journal with three runs. */

/** What is done to the file, and what is found first: position, a run by its number, the place in it, the fault. */
export const crimes: ReadonlyArray<readonly [string, string, string | null]> = [
  ["nothing is wrong with three runs", "SELECT 1", null],
  [
    "a head is not that of the last row",
    "UPDATE streams SET head = (SELECT hash FROM rows WHERE position = 12) WHERE first = 9",
    "15: 2 at 7: stream_head"
  ],
  [
    "a head is that of an earlier row",
    "UPDATE streams SET seq = 4, head = (SELECT hash FROM rows WHERE position = 12), open = 1 WHERE first = 9",
    "13: 2 at 5: stream_head"
  ],
  [
    "a head is said to be of the future",
    "UPDATE streams SET at = at + 30000000000 WHERE first = 9",
    "15: 2 at 7: stream_head"
  ],
  ["a head counts too many", "UPDATE streams SET seq = 8 WHERE first = 9", "9: 2 at 8: stream_head"],
  [
    "an ended run is taken for an open one",
    "UPDATE streams SET open = 1 WHERE first = 9",
    "15: 2 at 7: stream_head"
  ],
  ["the last row of a run is gone", "DELETE FROM rows WHERE position = 15", "15: journal: rows_missing"],
  [
    "the last row of a run is gone, and its head set back",
    `DELETE FROM rows WHERE position = 15;
     UPDATE streams SET seq = 6, head = (SELECT hash FROM rows WHERE position = 14), open = 1 WHERE first = 9`,
    "15: journal: rows_missing"
  ],
  ["the last row of all is gone", "DELETE FROM rows WHERE position = 22", "16: 3 at 7: stream_head"],
  ["a row in between is gone", "DELETE FROM rows WHERE position = 11", "11: journal: rows_missing"],
  ["a stream is gone, its rows are not", "DELETE FROM streams WHERE first = 9", "9: journal: broken_link"],
  [
    "a whole run is gone",
    "DELETE FROM streams WHERE first = 9; DELETE FROM rows WHERE stream = 9",
    "9: journal: rows_missing"
  ],
  [
    "the configurations are gone",
    "DELETE FROM streams WHERE first = 1; DELETE FROM rows WHERE stream = 1",
    "1: journal: rows_missing"
  ],
  [
    "a row moved to where there is none",
    "UPDATE rows SET position = 99 WHERE position = 10",
    "10: journal: rows_missing"
  ],
  [
    "a row moved to before all rows",
    "UPDATE rows SET position = -1 WHERE position = 22; UPDATE rows SET position = 0 WHERE position = 21",
    "0: journal: rows_missing"
  ],
  ...["-9223372036854775807 - 1", "-1", "0"].map(
    (position) =>
      [
        `a row was put before all rows, at ${position}`,
        `INSERT INTO rows SELECT ${position}, stream, seq + 1, at, '{"_tag":"RunErased","principal":"local"}', hash, hash
         FROM rows WHERE position = 22`,
        "0: journal: rows_missing"
      ] as const
  ),
  [
    "a row of no stream was put before all rows",
    "INSERT INTO rows SELECT -1, -1, 1, at, 'words', 'x', 'y' FROM rows WHERE position = 2",
    "0: journal: rows_missing"
  ],
  [
    "a run is kept that has no row, before all others",
    `INSERT INTO streams SELECT -1, 'run/zzz', 7, head, at, 1, owner, 0 FROM streams WHERE first = 2`,
    "0: zzz at 7: stream_head"
  ],
  [
    "a run is kept that has no row, after all others",
    `INSERT INTO streams SELECT 1 << 52, 'run/zzz', 7, head, at, 0, owner, 0 FROM streams WHERE first = 2`,
    "4503599627370496: zzz at 7: stream_head"
  ],
  [
    "a place is far from all others",
    "UPDATE rows SET position = 2147483000 WHERE position = 22",
    "22: journal: rows_missing"
  ],
  [
    "a run has another's name",
    "UPDATE streams SET name = 'run/zzz' WHERE first = 9",
    "9: zzz at 1: broken_link"
  ],
  [
    "a payload was changed",
    "UPDATE rows SET payload = replace(payload, 'executor', 'explorer') WHERE position = 9",
    "9: 2 at 1: altered"
  ],
  ["a sequence is below all", "UPDATE rows SET seq = -7 WHERE position = 9", "9: 2 at 0: gap"],
  ["a counter was set back", "UPDATE spending SET calls = calls - 1", "22: journal: budget_counter"],
  ["a counter was forgotten", "DELETE FROM spending", "22: journal: budget_counter"]
]
