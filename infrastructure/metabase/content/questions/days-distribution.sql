select range, participants
  from analytics.distribution
 where project = {{project}} and metric = 'days'
 order by place
