-- Exact arithmetic of a piece. An amount is a pair: whole atoms and a rest of one denominator.

-- What of the running total lies between the bounds.
create or replace macro clipped(total, low, high) as
    case when high is null then greatest(total, low) else least(greatest(total, low), high) end;

-- Packages in so many units of a piece; with packages of one atom, the units.
create or replace macro packages_in(units, package, carry) as
    case when package = 1 then units else (units + carry) // package end;

-- The price of so many packages of a piece that is entered (1) or not (0).
create or replace macro whole_of(packages, entered, rate, flat, flat_rest, denominator) as
    (packages // denominator) * rate + flat * entered
    + ((packages % denominator) * rate + flat_rest * entered) // denominator;
create or replace macro rest_of(packages, entered, rate, flat_rest, denominator) as
    ((packages % denominator) * rate + flat_rest * entered) % denominator;

-- Beyond `committed` whole atoms an amount counts `factor / factor_of` times.
create or replace macro beyond_whole(whole, rest, denominator, committed, factor, factor_of) as
    case when committed is null or whole < committed then whole
         else committed + ((whole - committed) * factor) // factor_of
              + ((((whole - committed) * factor) % factor_of) * denominator + rest * factor)
                // (denominator * factor_of) end;
create or replace macro beyond_rest(whole, rest, denominator, committed, factor, factor_of) as
    case when committed is null or whole < committed then rest * factor_of
         else ((((whole - committed) * factor) % factor_of) * denominator + rest * factor)
              % (denominator * factor_of) end;

-- The amount in whole quanta, rounded once: `quanta` of it are whole, `left_over` atoms and a rest
-- are beyond them. Divisions are done once, before, as they cost most.
create or replace macro rounded_from(quanta, left_over, rest, denominator, quantum, rounds) as
    quantum * (
        quanta + case
            when left_over = 0 and rest = 0 then 0
            when rounds = 'up' then 1
            when rounds = 'down' then 0
            when 2 * (left_over * denominator + rest) > quantum * denominator then 1
            when 2 * (left_over * denominator + rest) < quantum * denominator then 0
            when rounds = 'half_up' then 1
            else quanta % 2
        end
    );
create or replace macro rounded(whole, rest, denominator, quantum, rounds) as
    rounded_from(whole // quantum, whole % quantum, rest, denominator, quantum, rounds);

-- Atoms for readers.
create or replace macro in_units(quantity) as
    (quantity::decimal(38, 0) * 0.000000001::decimal(9, 9))::decimal(38, 9);
create or replace macro in_money(amount) as
    (amount::decimal(38, 0) * 0.000000000001::decimal(12, 12))::decimal(38, 12);
