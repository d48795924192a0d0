-- Progress of every point (a shape at the end of a day) as an exact ratio numerator/denominator.
-- Reads `measured`: what the files in measures/ give for the points they measure. They read `points`
-- (point, contract, day, and the columns of a shape) and `counts` (contract, obligation, day,
-- quantity, amount: what counts on the day, several rows a day are summed). 606-10-25-31 to 25-37.
-- Where part was done before the shape begins, the shape measures what was left then.
select
    point,
    used,
    case when done_of is null then numerator
         else done * denominator + (done_of - done) * numerator end as numerator,
    case when done_of is null then denominator else done_of * denominator end as denominator
from measured
