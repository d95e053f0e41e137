select range, participants
  from analytics.distribution
 where project = {{project}} and metric = 'total_units'
 order by place
