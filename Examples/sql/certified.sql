-- What is certified; an open end is the least or greatest integer.
--   sqlite3 -readonly -csv -header warehouse/warehouse.sqlite < certified.sql
SELECT collection, type, block, ccd, beginTAI, endTAI, path, author
FROM certified
ORDER BY collection, block, ccd, beginTAI;
