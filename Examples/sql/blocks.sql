-- Mean and extremes of the read-out noise, one line a block.
--   sqlite3 -readonly -csv -header warehouse/warehouse.sqlite < blocks.sql
SELECT block, count(value) AS amplifiers, round(avg(value), 4) AS mean,
  round(min(value), 4) AS least, round(max(value), 4) AS greatest
FROM results
WHERE quantity = 'bias.ron' AND item = 'img' AND status = 'finished'
GROUP BY block
ORDER BY block;
