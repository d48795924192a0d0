-- A bill for usage in several months is split as the usage of its days was charged; it tells no
-- quantity by month.
create table usage_bills as
with wide as (
    select * from bills
    where side = 'usage' and period_first("first") < period_first("last")
),
in_months as (
    select w.place, d.month as in_month,
           abs(amount_atoms(sum(d.d_now))) // getvariable('weight_atoms')::hugeint as weight
    from wide w
    join charges_by_day d
      on d.contract = w.contract and d.consideration = w.consideration
     and d.day between w."first" and w."last"
    group by all
),
weighed as (
    select place, in_month, weight, sum(weight) over (partition by place order by in_month) as upto,
           sum(weight) over (partition by place) as whole
    from in_months
),
spread as (
    select w.* replace (
        i.in_month as month,
        null::decimal(38, 9) as quantity,
        (half_even(w.amount::hugeint * i.upto, i.whole)
         - half_even(w.amount::hugeint * (i.upto - i.weight), i.whole))::bigint as amount
    )
    from wide w join weighed i using (place)
    where i.whole <> 0
)
select * from bills where side = 'usage' and place not in (select place from spread)
union all
select * from spread;
