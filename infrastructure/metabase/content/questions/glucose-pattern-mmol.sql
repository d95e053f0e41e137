select local_time, p5_mmol, p25_mmol, p50_mmol, p75_mmol, p95_mmol
  from analytics.glucose_pattern
 where project = {{project}}
 order by local_time
