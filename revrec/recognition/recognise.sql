-- Revenue to date: price x progress, rounded once, half to even (606-10-25-31).
-- Reads `points` joined to prices, and `ratios` (the result of progress.sql).
-- Where use is entitled, revenue beyond price x used / entitled is breakage (606-10-55-48).
select
    p.segment,
    p.day,
    half_even(p.price * r.numerator, r.denominator)::bigint as revenue,
    case when p.entitled is null then p.kept_breakage
         else half_even(p.price * r.numerator, r.denominator)
              - half_even(p.price * least(r.used, p.entitled), p.entitled)
    end::bigint as breakage
from points p
join ratios r using (point)
