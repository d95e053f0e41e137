select name, participants
  from analytics.overlapping
 where project = {{project}} and kind = 'devices'
 order by participants desc, name
