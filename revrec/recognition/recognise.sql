-- Revenue to date: price x progress, rounded once, half to even (606-10-25-31).
-- Reads `points` joined to prices, and `ratios` (the result of progress.sql).
-- Where use is entitled, revenue beyond price x used / entitled is breakage (606-10-55-48).
select
    segment,
    day,
    revenue::bigint as revenue,
    (case when entitled is null then kept_breakage
          else revenue - half_even(of_use, entitled) end)::bigint as breakage
from (
    select segment, day, entitled, kept_breakage, of_use, half_even(earned, whole) as revenue
    from (
        select
            p.segment,
            p.day,
            p.entitled,
            p.kept_breakage,
            p.price * r.numerator as earned,
            r.denominator as whole,
            p.price * least(r.used, p.entitled) as of_use
        from points p
        join ratios r using (point)
    )
)
