--[[
Wireshark dissector for the three messages of the overlay: CLIREQ, QUERY, RESPONSE.
It shows each field of a datagram, ties answers and copies to their question, and names what makes a datagram malformed.
Runs on Wireshark 4.0 (Lua 5.2) and later (Lua 5.4). README.md beside this file says how to install and use it.
]]

local servent = Proto('servent', 'Servent overlay')

local CLIREQ, QUERY, RESPONSE = 1, 2, 3
local TYPE_NAMES = { [CLIREQ] = 'CLIREQ', [QUERY] = 'QUERY', [RESPONSE] = 'RESPONSE' }
local HEADER_BYTES = { [CLIREQ] = 2, [QUERY] = 14, [RESPONSE] = 2 }
local TTL_MAX = 3

--- The protocol has no port of its own; these are what its examples and topologies use.
local DEFAULT_PORTS = '5000-5009'
--- Characters of a key or value in the Info column; the tree shows them all.
local INFO_CHARACTERS = 80
--- The heuristic believes no longer key. Real ones are words; the protocol itself sets no such limit.
local HEURISTIC_KEY_BYTES = 255

local f = {
  type = ProtoField.uint16('servent.type', 'Type', base.DEC, TYPE_NAMES),
  ttl = ProtoField.uint16('servent.ttl', 'ttl', base.DEC, nil, nil, 'Hops that the QUERY may still go'),
  client_ip = ProtoField.ipv4('servent.client_ip', 'Client IP'),
  client_port = ProtoField.uint16('servent.client_port', 'Client port'),
  sequence = ProtoField.uint32('servent.sequence', 'Sequence'),
  key = ProtoField.string('servent.key', 'Key', base.UNICODE),
  key_bytes = ProtoField.bytes('servent.key_bytes', 'Key bytes', base.SPACE, 'The key as it was sent, whatever its encoding'),
  value = ProtoField.string('servent.value', 'Value', base.UNICODE),
  value_bytes = ProtoField.bytes('servent.value_bytes', 'Value bytes', base.SPACE, 'The value as it was sent'),
  nul = ProtoField.bool('servent.nul', 'NUL', base.NONE, nil, nil, 'A NUL ended the text'),
  tail = ProtoField.bytes('servent.tail', 'Tail', base.SPACE, 'What came after the NUL'),
  malformed = ProtoField.bool('servent.malformed', 'Malformed', base.NONE, nil, nil, 'Breaks a rule, so its receiver drops it'),
  question = ProtoField.framenum('servent.question', 'Question', base.NONE, frametype.REQUEST, 0, 'The CLIREQ that caused this QUERY'),
  copy_of = ProtoField.framenum('servent.copy_of', 'Copy of', base.NONE, frametype.NONE, 0, 'The first datagram with this QUERY (same client, sequence, key)'),
  retransmission_of = ProtoField.framenum('servent.retransmission_of', 'Retransmission of', base.NONE, frametype.RETRANS_PREV, 0, 'The same CLIREQ, sent before and not answered until now'),
  response_to = ProtoField.framenum('servent.response_to', 'Response to', base.NONE, frametype.REQUEST, 0, 'The CLIREQ (or QUERY, when no CLIREQ was captured) that this answers'),
  response_time = ProtoField.relative_time('servent.response_time', 'Response time', 'Time since the question'),
  answered_in = ProtoField.framenum('servent.answered_in', 'Answered in', base.NONE, frametype.RESPONSE, 0, 'The first RESPONSE to this question'),
}
for _, field in pairs(f) do
  table.insert(servent.fields, field)
end

local function malformed(name, text)
  return ProtoExpert.new('servent.malformed.' .. name, text, expert.group.MALFORMED, expert.severity.ERROR)
end

local function remark(name, text, severity)
  return ProtoExpert.new('servent.' .. name, text, expert.group.PROTOCOL, severity)
end

local e = {
  short_header = malformed('short_header', 'Shorter than its header'),
  unknown_type = malformed('unknown_type', 'Unknown type'),
  empty_key = malformed('empty_key', 'The key text is empty'),
  client_port_0 = malformed('client_port_0', 'The client port is 0'),
  client_ip_0 = malformed('client_ip_this_network', 'The client address is in 0.0.0.0/8'),
  client_ip_multicast = malformed('client_ip_multicast', 'The client address is multicast (224.0.0.0/4)'),
  client_ip_broadcast = malformed('client_ip_broadcast', 'The client address is 255.255.255.255'),
  ttl_above = remark('ttl_above_3', 'A ttl above 3 is treated as 3', expert.severity.WARN),
  ttl_zero = remark('ttl_0', 'A ttl of 0 is looked up, and goes no further', expert.severity.NOTE),
  loopback_client = remark('loopback_client', 'Names a loopback client, and came from an address that is not loopback: dropped', expert.severity.WARN),
  no_tab = remark('no_tab', 'No TAB: the value alone, for the key that was asked', expert.severity.NOTE),
  cut = remark('cut', 'The capture holds only the first bytes of this datagram', expert.severity.NOTE),
}
for _, info in pairs(e) do
  table.insert(servent.experts, info)
end

--- An ICMP error quotes the datagram it is about. The quotation is shown, but nobody said it a second time.
--- A field has no value while Wireshark builds no tree (as in the first of tshark's two passes), so nothing but this may hang on one.
local icmp_type = Field.new('icmp.type')

-- What the capture said so far ------------------------------------------------------------------------------------------

--- Bounded by the capture, like everything that Wireshark remembers of it.
local seen

function servent.init()
  seen = {
    asked = {}, -- "ip:port:key" -> newest question by CLIREQ
    asked_last = {}, -- "ip:port" -> newest question by CLIREQ
    named = {}, -- "ip:port:key" -> newest question known by its QUERY alone
    named_last = {}, -- "ip:port"
    floods = {}, -- "ip:port:sequence:key" -> the first datagram with that QUERY
    frames = {}, -- frame number -> what it was found to be the first time through
    claimed = {}, -- frame number -> whether the heuristic took it
  }
end

--- All clients on loopback are one host, and that host may have given another of its addresses to far servents.
local ON_LOOPBACK = 'loopback'

local BELOW_LOOPBACK, ABOVE_LOOPBACK = Address.ip('126.255.255.255'), Address.ip('128.0.0.0')

--- An Address compares as bytes, and prints as a host name where Wireshark resolves names.
local function is_loopback(address)
  return BELOW_LOOPBACK < address and address < ABOVE_LOOPBACK
end

local function remember(of_key, last, ip, port, key, question)
  of_key[ip .. ':' .. port .. ':' .. key] = question
  last[ip .. ':' .. port] = question
end

--- The newest question of that client, for that key or (key nil) whatever it asked last.
local function find(of_key, last, ip, port, key)
  local client = ip .. ':' .. port
  if key == nil then
    return last[client]
  end
  return of_key[client .. ':' .. key]
end

local function find_clireq(ip, port, key)
  return find(seen.asked, seen.asked_last, ip, port, key) or find(seen.asked, seen.asked_last, ON_LOOPBACK, port, key)
end

local function learn_clireq(message, at)
  local before = seen.asked[at.src .. ':' .. at.src_port .. ':' .. message.key]
  local question = { frame = at.frame, time = at.time, key = message.key_shown }
  remember(seen.asked, seen.asked_last, at.src, at.src_port, message.key, question)
  if at.src_on_loopback then
    remember(seen.asked, seen.asked_last, ON_LOOPBACK, at.src_port, message.key, question)
  end
  return { itself = question, retransmission_of = before and not before.answered_in and before.frame or nil }
end

local function learn_query(message, at)
  local id = message.client .. ':' .. message.client_port .. ':' .. message.sequence .. ':' .. message.key
  local first = seen.floods[id]
  if first then
    return { copy_of = first.frame, question = first.question }
  end
  local clireq = find_clireq(message.client, message.client_port, message.key)
  local itself = { frame = at.frame, time = at.time, key = message.key_shown, question = clireq and clireq.frame or nil }
  seen.floods[id] = itself
  remember(seen.named, seen.named_last, message.client, message.client_port, message.key, itself)
  return { itself = itself, question = itself.question }
end

local function learn_response(message, at)
  local question = find_clireq(at.dst, at.dst_port, message.key)
    or find(seen.named, seen.named_last, at.dst, at.dst_port, message.key)
  if question and not question.answered_in then
    question.answered_in = at.frame
  end
  return { response_to = question, response_time = question and at.time - question.time or nil }
end

local LEARN = { [CLIREQ] = learn_clireq, [QUERY] = learn_query, [RESPONSE] = learn_response }

local function whereabouts(pinfo)
  return {
    frame = pinfo.number,
    time = pinfo.rel_ts,
    src = tostring(pinfo.src),
    src_port = pinfo.src_port,
    src_on_loopback = is_loopback(pinfo.src),
    dst = tostring(pinfo.dst),
    dst_port = pinfo.dst_port,
  }
end

-- Text ------------------------------------------------------------------------------------------------------------------

--- Where each length of UTF-8 sequence starts, so that none is longer than it need be.
local LEAST_CODE = { 0, 0x80, 0x800, 0x10000 }

--- Control characters, line separators and bidirectional overrides make a terminal or a list show something else than was sent.
local function is_control(code)
  return code < 0x20
    or (code >= 0x7f and code <= 0x9f)
    or code == 0x061c
    or code == 0x200e
    or code == 0x200f
    or (code >= 0x2028 and code <= 0x202e)
    or (code >= 0x2066 and code <= 0x2069)
end

--- How many bytes the character at `i` has, when it is well-formed UTF-8 that may be shown as it is; otherwise 0.
local function showable_bytes(text, i)
  local lead = text:byte(i)
  local bytes, code
  if lead < 0x80 then
    bytes, code = 1, lead
  elseif lead >= 0xc2 and lead <= 0xdf then
    bytes, code = 2, lead - 0xc0
  elseif lead >= 0xe0 and lead <= 0xef then
    bytes, code = 3, lead - 0xe0
  elseif lead >= 0xf0 and lead <= 0xf4 then
    bytes, code = 4, lead - 0xf0
  else
    return 0
  end
  for k = i + 1, i + bytes - 1 do
    local byte = text:byte(k)
    if byte == nil or byte < 0x80 or byte > 0xbf then
      return 0
    end
    code = code * 64 + byte - 0x80
  end
  if code < LEAST_CODE[bytes] or code > 0x10ffff or (code >= 0xd800 and code <= 0xdfff) or is_control(code) then
    return 0
  end
  return bytes
end

--- The text with every byte that cannot be shown as \xNN, cut after `characters`.
local function escape(text, characters)
  local shown, i = {}, 1
  while i <= #text do
    if #shown == characters then
      shown[#shown + 1] = '...'
      break
    end
    local bytes = showable_bytes(text, i)
    if bytes == 0 then
      shown[#shown + 1] = ('\\x%02x'):format(text:byte(i))
      i = i + 1
    else
      shown[#shown + 1] = text:sub(i, i + bytes - 1)
      i = i + bytes
    end
  end
  return table.concat(shown)
end

local function brief(text)
  return escape(text, INFO_CHARACTERS)
end

local function dotted(ip)
  return ('%d.%d.%d.%d'):format(ip:byte(1, 4))
end

-- Reading a datagram ----------------------------------------------------------------------------------------------------

--- What makes a client address one that nobody can answer to.
local function bad_client_ip(ip)
  local first = ip:byte(1)
  if first == 0 then
    return e.client_ip_0
  elseif first >= 224 and first <= 239 then
    return e.client_ip_multicast
  elseif ip == '\255\255\255\255' then
    return e.client_ip_broadcast
  end
end

--- The bytes of the datagram as a message, offsets counted from 0; `faults` are the rules it breaks. Touches no tree.
local function read(bytes, cut)
  local message = { faults = {} }
  local function fault(rule)
    table.insert(message.faults, rule)
    return message
  end
  if #bytes < 2 then
    return cut and message or fault(e.short_header)
  end
  message.type = bytes:byte(1) * 256 + bytes:byte(2)
  local header = HEADER_BYTES[message.type]
  if header == nil then
    return fault(e.unknown_type)
  end
  if #bytes < header then
    return cut and message or fault(e.short_header)
  end

  if message.type == QUERY then
    message.ttl = bytes:byte(3) * 256 + bytes:byte(4)
    message.client_ip = bytes:sub(5, 8)
    message.client_port = bytes:byte(9) * 256 + bytes:byte(10)
    message.sequence = bytes:sub(11, 14)
  end

  message.text_at = header
  local nul = bytes:find('\0', header + 1, true)
  message.nul_at = nul and nul - 1 or nil
  message.text = bytes:sub(header + 1, nul and nul - 1 or #bytes)
  local tab = message.type == RESPONSE and message.text:find('\t', 1, true) or nil
  if tab then
    message.key, message.value = message.text:sub(1, tab - 1), message.text:sub(tab + 1)
  elseif message.type == RESPONSE then
    message.value = message.text
  else
    message.key = message.text
  end
  message.complete = not cut or nul ~= nil or tab ~= nil

  if message.key == '' or message.text == '' then
    if message.complete then
      fault(e.empty_key)
    end
  end
  if message.type == QUERY then
    if message.client_port == 0 then
      fault(e.client_port_0)
    end
    local bad_ip = bad_client_ip(message.client_ip)
    if bad_ip then
      fault(bad_ip)
    end
  end
  return message
end

-- Showing it ------------------------------------------------------------------------------------------------------------

local function show_text(tree, field, bytes_field, range)
  tree:add_packet_field(field, range, ENC_UTF_8)
  local exact = tree:add(bytes_field, range)
  exact:set_hidden(true)
end

local function show_texts(message, tvb, tree)
  local at = message.text_at
  if message.key and #message.key > 0 then
    local range = tvb(at, #message.key)
    show_text(tree, f.key, f.key_bytes, range)
    message.key_shown = range:string(ENC_UTF_8)
  end
  if message.value and #message.value > 0 then
    show_text(tree, f.value, f.value_bytes, tvb(message.key and at + #message.key + 1 or at, #message.value))
  end
  if message.nul_at then
    tree:add(f.nul, tvb(message.nul_at, 1), true):set_text('A NUL ended the text')
    local tail = message.nul_at + 1
    if tail < tvb:captured_len() then
      tree:add(f.tail, tvb(tail))
    end
  end
end

local function show_header(message, tvb, tree, pinfo)
  if message.type == nil then
    return
  end
  tree:add(f.type, tvb(0, 2))
  if message.type ~= QUERY or not message.text_at then
    return
  end
  local ttl = tree:add(f.ttl, tvb(2, 2))
  if message.ttl > TTL_MAX then
    ttl:add_proto_expert_info(e.ttl_above)
  elseif message.ttl == 0 then
    ttl:add_proto_expert_info(e.ttl_zero)
  end
  local client_ip = tree:add(f.client_ip, tvb(4, 4))
  if message.client_ip:byte(1) == 127 and not is_loopback(pinfo.src) then
    client_ip:add_proto_expert_info(e.loopback_client)
  end
  tree:add(f.client_port, tvb(8, 2))
  tree:add(f.sequence, tvb(10, 4))
end

local function generated(tree, field, value)
  if value ~= nil then
    tree:add(field, value):set_generated()
  end
end

local function duration(seconds)
  local whole = seconds < 0 and math.ceil(seconds) or math.floor(seconds)
  return NSTime.new(whole, math.floor((seconds - whole) * 1e9 + 0.5))
end

local function show_ties(message, found, tree)
  generated(tree, f.question, found.question)
  generated(tree, f.copy_of, found.copy_of)
  generated(tree, f.retransmission_of, found.retransmission_of)
  if found.response_to then
    if message.key == nil then
      generated(tree, f.key, found.response_to.key)
    end
    generated(tree, f.response_to, found.response_to.frame)
    generated(tree, f.response_time, duration(found.response_time))
  end
  if found.itself then
    generated(tree, f.answered_in, found.itself.answered_in)
  end
end

local function summary(message, found)
  local words = { TYPE_NAMES[message.type] or message.type and 'type ' .. message.type or 'no type' }
  local function say(...)
    table.insert(words, string.format(...))
  end
  if message.key then
    say('%s', brief(message.key))
  end
  if message.value then
    say('= %s', brief(message.value))
  end
  if message.type == QUERY and message.client_ip then
    say('ttl=%d client=%s:%d', message.ttl, dotted(message.client_ip), message.client_port)
  end
  if found.copy_of then
    say('[copy of #%d]', found.copy_of)
  end
  if found.retransmission_of then
    say('[retransmission of #%d]', found.retransmission_of)
  end
  if #message.faults > 0 then
    say('[malformed]')
  end
  return table.concat(words, ' ')
end

-- Where Wireshark calls in ----------------------------------------------------------------------------------------------

local NOTHING = {}

function servent.dissector(tvb, pinfo, tree)
  local cut = tvb:captured_len() < tvb:reported_len()
  local message = read(tvb:raw(), cut)
  local item = tree:add(servent, tvb())
  show_header(message, tvb, item, pinfo)
  if message.text_at then
    show_texts(message, tvb, item)
  end
  for _, rule in ipairs(message.faults) do
    item:add_proto_expert_info(rule)
  end
  if #message.faults > 0 then
    generated(item, f.malformed, true)
  end
  if cut then
    item:add_proto_expert_info(e.cut)
  end
  if message.type == RESPONSE and message.key == nil and message.complete and #message.faults == 0 then
    item:add_proto_expert_info(e.no_tab)
  end

  if icmp_type() == nil then
    if not pinfo.visited and message.complete and #message.faults == 0 then
      if message.type == QUERY then
        message.client = tostring(tvb(4, 4):ipv4())
      end
      seen.frames[pinfo.number] = LEARN[message.type](message, whereabouts(pinfo))
    end
    local found = seen.frames[pinfo.number] or NOTHING
    show_ties(message, found, item)
    local text = summary(message, found)
    pinfo.cols.protocol = 'SERVENT'
    pinfo.cols.info = text
    item:append_text(', ' .. text)
  else
    item:append_text(', quoted: ' .. summary(message, NOTHING))
  end
  return tvb:captured_len()
end

local function is_word(text)
  return #text > 0 and #text <= HEURISTIC_KEY_BYTES and not text:find(' ', 1, true) and escape(text) == text
end

--- Whether a datagram on any port is surely one of ours. Two bytes of type are little to go by (STUN and TFTP begin with the same), so
--- all the rest must hold too: a well-formed message, a ttl that servents send, readable text, nothing after a NUL; and a RESPONSE counts only when
--- it goes to a client that was seen to ask.
local function is_surely_ours(tvb, pinfo)
  if tvb:captured_len() < 3 or tvb:captured_len() < tvb:reported_len() then
    return false
  end
  local bytes = tvb:raw()
  local message = read(bytes, false)
  if #message.faults > 0 or (message.nul_at and message.nul_at + 1 < #bytes) then
    return false
  end
  if message.key and not is_word(message.key) then
    return false
  end
  if message.type == QUERY then
    return message.ttl >= 1 and message.ttl <= TTL_MAX
  elseif message.type == RESPONSE then
    local at = whereabouts(pinfo)
    local readable = message.value:gsub('\t', ' ')
    return escape(readable) == readable
      and (find_clireq(at.dst, at.dst_port, message.key) or find(seen.named, seen.named_last, at.dst, at.dst_port, message.key)) ~= nil
  end
  return true
end

servent:register_heuristic('udp', function(tvb, pinfo, tree)
  if not pinfo.visited then
    seen.claimed[pinfo.number] = is_surely_ours(tvb, pinfo)
  end
  if not seen.claimed[pinfo.number] then
    return false
  end
  servent.dissector(tvb, pinfo, tree)
  return true
end)

local udp_ports = DissectorTable.get('udp.port')
local ports = ''

servent.prefs.ports = Pref.range('UDP ports', DEFAULT_PORTS, 'Ports that servents are bound to, as in 5000-5009,7000', 65535)

local function follow_prefs()
  if ports ~= '' then
    udp_ports:remove(ports, servent)
  end
  ports = tostring(servent.prefs.ports)
  if ports ~= '' then
    udp_ports:add(ports, servent)
  end
end

servent.prefs_changed = follow_prefs
follow_prefs()
udp_ports:add_for_decode_as(servent)
