-- Read-out noise of each amplifier of the runs that were not rejected.
--   sqlite3 -readonly -csv -header warehouse/warehouse.sqlite < read-noise.sql
SELECT block, slot, ccd, quadrant, round(value, 4) AS noise, unit
FROM results
WHERE quantity = 'bias.ron' AND item = 'img' AND status = 'finished'
  AND IFNULL(verdict, '') <> 'rejected'
ORDER BY block, ccd, quadrant;
