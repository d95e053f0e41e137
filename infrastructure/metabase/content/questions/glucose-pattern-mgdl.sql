select local_time, p5_mgdl, p25_mgdl, p50_mgdl, p75_mgdl, p95_mgdl
  from analytics.glucose_pattern
 where project = {{project}}
 order by local_time
