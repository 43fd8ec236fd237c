"""What a column's name hints at; every hint is a guess that a person reviews."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from segmint.contract.column import KNOWN_ORDER, Known, Role

_ACCOUNT_NUMBER = r"^(numer|nr|cislo|číslo|n|num|numero|numéro|número)_(de_|du_|di_|del_|da_)?(konta|rachunku|uctu|účtu|compte|cuenta|conta|conto)$"
_ID = re.compile(
    r"(^|_)(id|ids|uuid|guid|key|nr|no|number|kunde|cif)$|^acct$|customer_?id|client_?id|account_?(no|nr)"
    r"|(kunden|vertrags|konto|policen|cust|customer|client|account|acct|member)_?(no|nr|num|number|nummer)$"
    rf"|[a-zäöü]{{2}}(nr|nummer)$|{_ACCOUNT_NUMBER}"
)
_CUSTOMER_ID = re.compile(
    r"(^|_)(customer|client|cust|kunden?|member|person|party|account|acct|konto|vertrags|policen)"
    r"_?(id|uuid|guid|key|no|nr|num|number|nummer|code)$|(^|_)(kunde|cif)$|^acct$"
    r"|(^|_)(kd|partner|gp|gesch(ä|ae)ftspartner)_?(nr|nummer)$"
    r"|(^|_)(id|n|nr|num|n(u|ú)mero|cod|c(o|ó)digo|codice|code)_?(de_|do_|del_)?(cliente|client|klient)e?$"
    r"|^(id|numer|nr|cislo|číslo|kod)_(klienta|zakaznika|zákazníka)$|^(klient|zakaznik|zákazník)_?(id|nr)$"
    r"|^(cliente|client)_(numero|código|codigo|codice)$|^(customer|cliente?)$"
)
_CODE = re.compile(
    r"(^|_)(plz|zip|blz|post_?code|postal|bankleitzahl|postleitzahl|zip_?code|postal_?code|code_postal|c(o|ó)digo_postal"
    r"|codice_postale|sort_?code)$|(^|_)filial_?(nr|nummer|e)$"
)
# What may be one, held against names without accents; how many codes there are is an amount.
_PERHAPS_CODE = re.compile(
    r"^(?!(n|nr|num|number|count|anzahl)_|.*_counts?$)(.*_)?"
    r"(codes?|codice|codigo|kod|mcc|i?sic|naics|nace|naf|ateco|cnae|pkd|plz|zip|post_?codes?|psc)(_|$)"
    r"|(branchen?|berufs|sektor|produkt|tarif)_?(code|schlussel|schluessel)$"
)
# The patterns below, down to payments that were missed, are held against names without accents.
# A person's age in a name that says whose, or when; an account, a loan and a car have ages too.
_AGE = (
    r"^age_(in|at|years?|of_((the|a|an|main|first|account|contract|policy|primary)_)*(holder|owner|customer|client|person"
    r"|borrower|applicant|member|insured|head|partner|spouse|cardholder)s?)(_|$)"
    r"|^alter_(in_jahren|jahre|bei|am|((des|der|vom)_)?(haupt_?)?(konto_?|vertrags_?)?(kund|inhab|person|antragstell|partner|versichert))"
    r"|^(age|edad|idade|eta|wiek|vek)_\W?(((en|em|in|w|v)_)?(years|jahre|ans|annees|anos|anni|lata(ch)?|let(ech)?)|((du|de|del|do|da|della)_)*(client|cliente|klienta|titulaire|titular|titolare|persona|pessoa|personne))(?![a-z])"
)
_PERSONS_AGE = re.compile(
    rf"^((customer|client|person|current)s?_)?(age|alter|edad|idade|eta|wiek|vek)(_years)?$|^kundenalter$|{_AGE}"
)


def _whole(words: str) -> str:
    """Ask for one of these words as a whole one: "raza", and not "razao"."""
    return rf"(?<![a-z])({words})(?![a-z])"


# By what law or decency asks for care with, in English and German, then in French, Spanish, Portuguese and Italian; some in Polish and Czech.
_SENSITIVE_WORDS = {
    "age": rf"{_PERSONS_AGE.pattern}|(^|_)age(_(group|band|range|class|years))?$|alters(gruppe|klasse|stufe)"
    r"|(^|_)(edad|idade)$|[a-z]_d['’]?_?(age|eta)$|(fascia|classe|gruppo)_(di_)?eta$|(faixa|grupo|escalao)_etari[oa]$|(^|_)(wiekow|vekov)a(_|$)",
    "birth": rf"birth|dob$|geburt|naissance|nacimiento|nascimento|nascita|urodz|narozen|{_whole('naiss|nac|nasc')}",
    "sex": rf"gender|sex$|geschlecht|{_whole('sexe|sexo|sesso|civilite|plec|pohlavi')}|(^|_)genero$|^gen(re|ere)$|gener?[eo]_(du_|del_|do_|de_)?client",
    "marital status": r"marital|married|civil_status|familienstand|zivilstand|personenstand|verheiratet|matrimonial|conjugal"
    rf"|(etat|estado|stato)_civile?|situa(tion|cion|cao|zione)_(de_)?famil|coniugale|stan_cywilny|rodinny_stav|{_whole('casad[oa]|sposat[oa]|coniugat[oa]')}",
    "nationality": r"nationalit|citizenship|staatsangehor|staatsangehoer|staatsburger|staatsbuerger|herkunftsland|citoyennete"
    r"|nacionalidad|ciudadania|cidadania|nazionalita|cittadinanza|obywatelstw|narodowosc|obcanstvi|narodnost",
    "religion": rf"religi(o|a(_|$))|wyznani|vyznani|nabozenstv|konfession|kirchensteuer|{_whole('confession|confesion|confissao|confessione')}",
    "origin": rf"ethnic|(^|_)race$|{_whole('ethnie|ethnique|etnia|etnic[oa]|raza|raca|razza')}",
    "health": r"disab|health|pregnan|gesundheit|behinder|schwanger|handicap|discapacidad|minusval|embaraz|grossesse|gravidanza|zdrow(i|otn)|zdravi|zdravotni|niepelnospraw|tehotn"
    rf"|{_whole('sante|salud|saude|salute|invalidez|invalidite|invalidita|deficiencia|gravid(a|ez)|enceinte')}",
}
_SENSITIVE = re.compile("|".join(_SENSITIVE_WORDS.values()))
# Payments that were missed; held against names without accents.
_HARDSHIP = re.compile(
    r"default|arrear|overdue|past_?due|delinq|overdra|insolven|bankrupt|foreclos|dunning|write_?off|charge_?off|non_?perform"
    r"|(^|_)(npl|mora|debts?|collections?)(_|$)|schulden|schuldet|verzug|ruckst|rueckst|uberfallig|ueberfaellig|mahn|inkasso|ausfall|pfandung"
    r"|pfaendung|uberzieh|ueberzieh|moros|impag|impay|inadimpl|incumpr|incumpl|atras|vencid|embarg|descubiert|descobert"
    r"|(^|_)defaut|en_retard|surendett|contentieux|insolut|inadempi|scadut|pignor|sofferenz|scopert"
)
# What somebody did who said yes, and what an answer is called; held against names with and without accents.
_SAID_YES = (
    r"souscrite?|suscribio|suscrit[oa]|subscreveu|subscrit[oa]|sottoscritt[oa]|adheree?|aderiu|aderit[oa]|achetee?|compro|comprou"
    r"|comprad[oa]|acquistat[oa]|accept(e|ee)|acept(o|ad[oa])|aceit(ou|[oae]|ad[oa])|accett(o|at[oa])"
)
_ANSWER = r"reponse|respuesta|resposta|risposta|repondu|respondio|respondeu|risposto"
_OUTCOME = re.compile(
    r"^(y|target|label|outcome|response|responded|churn(ed)?|exited|attrition|subscribed|converted|conversion|bought"
    r"|purchased?|accepted|deposit|segment(ation)?|class|success|renewed|cancelled|left|result|sold|sale|abschluss"
    r"|ergebnis|zusage|antwort|reaktion|termineinlage|term_?deposit)$"
    # French, Spanish, Portuguese, Italian; "contrato" without its accent is a contract, and seguro_contratado a product held
    rf"|^((a|ha|se)_)?({_SAID_YES}|contrató|contratou|contratad[oa]|acepta|accetta|{_ANSWER}|souscription|suscripcion|subscricao|sottoscrizione|adhesion|adesao|adesione|achat|compra|acquisto"
    r"|vente|venta|venda|vendita|resultat|resultado|risultato|esito|variable_(cible|objetivo)|variavel_alvo|cible|alvo"
    r"|(de?pot|deposito)_a_(terme|plazo|prazo)(_fijo)?|deposito_vincolato)$"
)
# A closing balance is a balance, and what is disclosed or enclosed was never closed.
_LIKE_OUTCOME = re.compile(
    r"subscribed|churn|convert|conversion|bought|accepted|purchased|respon(se|ded)|took_up|signed_up|abgeschlossen"
    r"|gekauft|zugesagt|cancel|(?<!dis)(?<!en)(?<!fore)clos(ed|ing)(?!_?(balance|price|stock))"
    rf"|(^|_)({_SAID_YES}|{_ANSWER})(_|$)"
)
_EARLIER = re.compile(
    r"prev|past|earlier|last|prior|p_?outcome|before|letzt|vorher|vorig|frueher|früher"
    r"|anterior|(u|ú)ltim|pr(e|é)c(e|é)dent|derni(e|è)r|passad|pasad|scors|ostatni|posledn"
)
# What lasts longer than a call; where the name speaks of one too, it is the call's.
_LASTS = (
    r"(?!.*((^|_)(calls?|(?<!since_)(?<!since_last_)contact)(_|$)|call_?duration|talk|conversation|phone_?call|anruf|gespr|telefonat))(.*(loan|credit|kredit|contract|policy|member|mortgage|deposit|account"
    r"|saving|subscription|employ|job|occupation|relation|residence|address|lease|insurance|session|visit|web|months?|years?|since))|prev(ious)?_"
)
_AFTER_CALL = re.compile(
    rf"^(?!{_LASTS}).*duration"
    r"|(talk|speak|spoken|conversation)_?(ing_)?(time|sec|min|len)|call_?(sec|min|len|outcome|result|end)|calltime"
    r"|handle_?time|(gespr(ä|ae)chs|anruf|telefonat)_?(dauer|minuten|sekunden|ergebnis)|^dauer(?!.*(kredit|darlehen|vertrag|beziehung|beschaftig|beschäftig|anlage))|disposition|wrap_?up|hang_?up"
)
# The patterns below are held against names without accents.
_A_CALL = (
    r"(?=.*((^|_|phone)call|contact|talk|conversa|dialog|anruf|gespra|telefon|kontakt|llamada|ligacao|chamada|contat"
    r"|appel|entretien|chiamata|colloquio|rozmow|polaczeni|hovor))"
)
_LENGTH = r"(dura(cion|cao|ta)|duree|dauer)"
_LENGTH_OF_A_CALL = re.compile(
    rf"^{_LENGTH}(_(s|se[cg]|min|se[cg]ond[a-z]*|segundos|sekunden|minut[a-z]*))?$|^{_A_CALL}.*({_LENGTH}|(^|_)(czas|dlugosc|delka|trvani)(_|$))"
)
_LEFT_BY_A_CALL = re.compile(
    rf"^{_A_CALL}.*("
    r"length|laenge|(^|_|s)(secs?|mins?|seconds|minutes|sekunden|minuten|segundos|minutos|secondes|secondi|minuti)(_|$)"
    r"|time_(on|in)_|status|result|risultat|outcome|disposition|ergebnis|(^|_)esito|reason|grund(_|$)|motiv|motif|raison"
    r"|(^|_)(estado|statut|stato|stav|vysledek|wynik|powod|duvod|rating|answered)(_|$)|bewertung|valoracion|avaliacao|satisf|zufriedenheit)"
)
_PERHAPS_AFTER = re.compile(
    rf"^{_A_CALL}.*(time|zeit|tiempo|tempo|temps|score|feedback|comment|notes?(_|$))"
    r"|^(secs?|mins?|seconds|minutes|sekunden|minuten|segundos|minutos|secondes|secondi|minuti)$"
    r"|answered|follow_?up|call_?back|voice_?mail|pick(ed)?_?up|(^|_)reached(_|$)|erreicht|wiedervorlage|ruckruf"
    r"|contestad|atendid|repondu|rispost"
    r"|refus|declin|reject|ablehn|absage|rechaz|recus|rifiut"
    r"|(sale|order|purchase|verkauf|bestell|auftrag|abschluss|venta|pedido|venda|vente|commande|vendita|ordine)s?_?"
    r"(amount|value|sum|total|betrag|wert|summe|importe|valor|montant|importo)"
)
# What a customer brings the bank. German joins the word to what it is of: Jahresumsatz; Vertrag and Uebertrag are no Ertrag.
_BRINGS = re.compile(
    r"((^|_)(profits?|profitability|revenues?|margins?|(life_?time|customer|client)_?value|ltv|cltv|clv"
    r"|kunden_?wert|marge[mn]?|beneficio|ganancia|rentabilidade?|lucro|receita|valor_(del?_|do_)?cliente"
    r"|benefice|rentabilite|chiffre_d_?affaires|valeur_(du_)?client|profitto|margine|ricav[oi]|fatturato|redditivita|valore_(del_)?cliente)"
    r"|gewinn|(?<!v)(?<!ub)(?<!ueb)ertrag|umsatz|deckungsbeitrag)"
    r"(_(?!cent(er|re)|account|loan|call|spiel|spar)|$)"
)
# A line of service or a product, and no call of a campaign.
_NO_SUCH_CALL = re.compile(
    r"contactless|banking|inbound|complain|service_?calls?|(call|contact)_?cent(er|re)|call_(account|deposit|money)"
    r"|vorkampagne|(day|night|eve|intl)_calls?"
)
_SINCE = re.compile(r"since|seit|desde|depuis|prefer|best_|bevorzugt")
_DIALLING = re.compile(
    r"^(month|weekday|day|day_of_(week|month)|hour|channel|contact|communication(_type)?|agent|calls)$"
    r"|contacts?_(in|this)_campaign|^(n|nr|no|num|number)_?(of_)?(contacts|calls)$|^campaign$|emp\.var|cons\.(price|conf)|euribor|nr\.employed"
)
_MAIL = r"e_?mail(_?address)?$|^correo|^courriel"
# Persons beside the customer, and staff; these patterns and those of their numbers are held against names without accents.
_HOLDER = (
    r"((account|card|policy)_?(holder|owner)|konto_?inhaber(in)?|titulaire|titular|titolare|intestatario"
    r"|(wlasciciel|posiadacz|majitel)(_(konta|rachunku|uctu))?)"
)
_PERSON = (
    r"(agent|advis[eo]r|employee|clerk|officer|banker|teller|consultant|((relationship|account|branch|client)_)?manager|rm|contact_person"
    r"|spouse|partner|husband|wife|mother|father|next_of_kin|beneficiary|guarantor|(co_?)?(borrower|applicant|signatory|debtor)"
    r"|berater(in)?|betreuer(in)?|mitarbeiter(in)?|sachbearbeiter(in)?|ansprechpartner(in)?|ehe(partner(in)?|gatte|mann|frau)|burge|buerge"
    r"|mutter|vater|conseiller|conjoint|garant|beneficiaire|asesor|gestor|conyuge|beneficiari[oa]|avalista|fiador|madre|padre|mae|pai"
    r"|consulente|coniuge|garante|conjuge|kontaktperson|(personne|persona|pessoa)_(de_|di_)?conta[ct]t?o?|gestore|gerente|ejecutivo|nominee|emergency_contact"
    r"|(doradca|opiekun|poradce|banker|gestore?|gerente|conseill?ere?|asesor|consulente)_(de_|da_)?(klienta|client[ei]?|clientele|conta|cuenta)"
    r"|doradca|opiekun|malzonek|malzonka|wspolmalzonek|poreczyciel|osoba_kontaktowa|poradce|manzelk?a?|rucitel|kontaktni_osoba)"
)
_OTHERS_NAME = re.compile(
    rf"(^|_)({_PERSON}|contact|child|parent)(\W?s)?_((maiden|first|last|full|family)_)?names?$|maiden_?name|^(imie|nazwisko|imie_i_nazwisko|jmeno|prijmeni|jmeno_a_prijmeni)_(doradc|opiekun|poradc|malzon|manzel|poreczyc|rucitel|matk|ojc|otc)|nazwisko_(panienskie|rodowe)|rodne_prijmeni|(madchen|maedchen|geburts)name"
    rf"|^(nom|nombre|nome|name)_(d[eou]_|del_|della_|da_|des_|der_|of_)?{_PERSON}$|{_PERSON}name$"
)
_IS_A_PERSON = re.compile(
    rf"^((kunden|bank)_?|(main|personal|customer|primary|second)_)?({_PERSON}|{_HOLDER})s?_?[0-9]?$"
)
_NAMES = re.compile(
    r"^(first|last|full|sur|given|family|middle|user|customer|client|holder)?_?names?$"
    rf"|surname|{_MAIL}|^(vor|nach|familien|ruf|kunden_?)name|^{_HOLDER}_?names?$"
    r"|^(apellidos?|(primer|segundo)_(apellido|nombre)|sobrenome|apelido|cognome|pr(e|é)nom|naam|voornaam|achternaam)(_|$)"
    r"|^(drugie_)?imi(e|ę|ona)(_|$)|^nazwisko(_|$)|^(k(r|ř)estn(i|í)_)?jm(e|é)no($|_(a_|i_)?(p(r|ř)(i|í)jmen(i|í)|klienta|z(a|á)kazn(i|í)ka))|^p(r|ř)(i|í)jmen(i|í)(_|$)"
    r"|^(nazwa|n(a|á)zev)_(klienta|z(a|á)kazn(i|í)ka)$|^nickname$"
)
# Of a product or a branch, and in French a number of something, "nombre d'enfants".
_NAME_OF = re.compile(r"^(nombre|nome|nom)(_|$)")
_NAME_OF_A_THING = re.compile(
    r"^(nombre|nome|nom)_(d[eoiau]_|du_|del_|dell?a?_|des_|do_|da_|la_|l_|[ld]['’])*(produ|prodott|agen[cz]|succ?ursal|filial|fichier|file|archivo"
    r"|campa[gn]|campanha|entrepri|societ|empresa|azienda|rue(_|$)|calle|rua(_|$)|commune|comun|munic|quartier|barrio|bairro|segment|offre|oferta|offerta)"
    r"|^nombre_(total_)?(d[e']?_)?\W?(enfants|personnes|comptes|cartes|cr(e|é)dits|pr(e|ê)ts|produits|op(e|é)rations|contacts|appels|jours|mois|ann(e|é)es"
    r"|achats|transactions|virements|visites|paiements|retraits|incidents|clients|contrats)(_|$)"
)
# Of what two words with capitals are no person.
_NO_PERSON = re.compile(
    r"job|occupation|profession|beruf|profes|title|position|role|city|town|place|region|district|country|county|province|state|municip"
    r"|ort(_|$)|stadt|kreis|land(_|$)|ciudad|cidade|citta|ville|branch|filiale|office|product|produkt|plan|card|bank|employer|company|firm"
    r"|industry|sector|segment|categor|class|type|brand|campaign|channel|school|education|university|status|reason|street|station|merchant"
)
_PHONE = re.compile(  # held against names without accents
    r"^(?!(typ|type|tipo|rodzaj|druh|marke|marque|marca)_)(.*("
    r"phone|telefon(u|_komorkowy|_kontaktowy|_domowy|_sluzbowy|_privat|_gesch(aftlich)?|_dienstlich)?|tele(fono|fone|phone)|movil|telemovel|celular|cellulare|mobile|(^|_)(mobil|mobilfunk|portable|komorka)|handy|msisdn|rufnummer"
    r"|(^|_)gsm|telefonni_cislo|telefono_(fijo|fisso|casa)|(^|_)cell_(no|nr|number))(_?(no|nr|number|nummer))?_?[0-9]?$|tel\.?_?[0-9]?$"
    r"|(phone|tel)_(home|work|mobile|kom|komorkowy|fixe|fijo|privat|dom|mobil)$)"
)
_PERSONAL = re.compile(
    r"(^|_)iban$|address|^addr|street|stra(ß|ss)e|adresse|direcci(o|ó)n|morada|endere(c|ç)o|indirizzo|(^|_)(twitter|facebook|linkedin)$"
    r"|(^|_)(fax|whats_?app|telegram|skype)(_?(no|nr|number|nummer))?$"
)
# What others than the bank know a person by.
_IDENTITY = re.compile(
    r"(^|_)((national|nat|citizen|personal|birth|tax|fiscal|steuer(identifikations)?|personen|social_(security|insurance)|sozialversicherungs|sv"
    r"|(national|health)_insurance|identity(_card)?|id_?card|(driving|drivers?)_?licen[cs]e|fuhrerschein|(personal)?ausweis|passport|reisepass"
    r"|((credit|debit)_)?card|(kredit)?karten)_?(no|nr|num|number|nummer|id)|(national|personal|tax|fiscal)_code"
    r"|ssn|nino|tin|pan|nif|niss|nie|dni|cpf|nir|pesel|bsn|rodne_cislo|personnummer|codice_fiscale|aadhaar"
    r"|passport|reisepass|(personal)?ausweis|id_?card|identity_?card|(driving|drivers?)_?licen[cs]e|social_security"
    r"|passeport|pasaporte|passaporto|passaporte|(carte|carta|cartao)_(d_?|de_|di_|do_)?(identite|identita|identidade|cidadao)"
    r"|securite_sociale|seguridad_social|(numero|num|nro|no|nr)_(de_|di_)?(carte|carta|tarjeta|cartao|contribuinte)"
    r"|(nr_|numer_)?dowodu?(_osobist(y|ego))?|cislo_(op|pasu|obcanskeho_prukazu)|obcansky_prukaz|cnpj|curp|rfc|cuil|cuit|nss|cedula|cni"
    r"|(numero|num|nro|no|nr|n)_(de_|du_|di_)?(documento|identidade|identidad|secu)|(documento|cedula|bilhete)_(de_)?(identidade?)"
    r"|(nif|dni|cpf|nie|pesel|ssn|codice_fiscale)_(du_|del?_|do_)?(client[ei]?|klienta))$"
)
# Of few digits they count days, journeys and minutes: "dni" is Polish for days.
_COUNTS = re.compile(
    r"(^|_)(dni|pan|tin|nie|nir|passport)$|^numero_(de_|di_)?cart[ae]$|_(mobile|phone|telefon)$|(years?|months?|time|duration|tenure|days?|changes?|anzahl|jahre|monate|anos|anni)_"
    r"|_(years?|months?|time|duration|tenure|days?|changes?|count)$|^nombre_d"
)
# What kind of address, and not which one.
_A_KIND = re.compile(
    r"_(type|typ|tipo|art|kind|status|class|valid|verified|region|country|change[ds]?)$|(adress|strassen|stra(ß|ss)en)(typ|art)$"
)
# German and English join the word to what it is the date of; "update", "mandate" and their like end in it by chance.
_NO_DATE = "".join(f"(?<!{word})" for word in ("up", "man", "candi", "vali", "soli", "liqui", "mmo", "intimi"))
_DATE = re.compile(rf"(^|_)(fecha|datetime|timestamp|ts)($|_)|({_NO_DATE}date|datum)($|_)|_(on|at|am)$")
_BEGINNING = (
    r"birth|dob|geburt|since|seit|open(ed|ing)|start|begin|join|sign_?up|regist|enrol|creat|er(ö|oe)ffn|alta$|nac|nasc|naiss"
    r"|desde|depuis|(cliente|klient|zakaznik)_(da|dal|od)(_|$)|(^|_)(ouvert|apert|abert|otwarci)|urodz|narozen"
)
_ONE_OF_SEVERAL = r"first|prev|last|letzt|ultim|dernier|ostatni|posledn"
_OLD_DATES = re.compile(rf"{_BEGINNING}|{_ONE_OF_SEVERAL}")
# Money of the customer's, held against names without accents: what is owed, may be drawn, is counted or is given for loyalty is none.
_BALANCE = re.compile(
    r"^(?!.*(loan|credit|kredit|card|karte|darlehen|mortgage|hypothek|overdra|debt|debit|due(_|$)|ow(ed|ing)(_|$)|outstanding|unpaid|payable"
    r"|borrow|repay|leas(e|ing)(_|$)|liabilit|schuld|restsaldo|(^|_)soll|negativ|limit|transfer|(^|_)counts?(_|$)|anzahl|(^|_)num|nummer"
    r"|(^|_)(n|nr|nb|no)_|^(months|days)_|(months|days)_(with|without|since|below|above|under|over)_|balance_(months|days)$"
    r"|(^|_)(ratio|rate)s?(_|$)|quote|share|percent|pct|points?(_|$)|punkte|miles|bonus|pret(_|$)|prestam|emprestim|prestit"
    r"|mutuo|hipotec|cart(ao|a|e)(_|$)|tarjeta|divida|dette|deuda|devedor|deudor|(^|_)pendi?ent|(^|_)(a|por|para)_pagar(_|$)|a_payer|em_aberto"
    r"|restant|_du$|residu|(^|_)(sheet|since|date)(_|$)|kredyt|(^|_)uver|pozycz|pujck|zadluz|dluh))"
    r".*((^|_)(balances?|soldes?|zustatek)(_|$)|kontostand|saldo(s|en)?(_|$)|guthaben|stan_(konta|rachunku))"
)
# What happens on a day, and is no amount: of a last contact the day is kept, of a last salary the sum. The two patterns
# below are held against names without accents.
_HAPPENS_ON_A_DAY = re.compile(
    rf"^(?=.*({_ONE_OF_SEVERAL})).*((^|_)(day|tag|used?|seen)(_|$)|contact|kontakt|call|anruf|gespra|visit|besuch|meeting"
    r"|log_?(in|on)|activ|aktiv|interact|purchase|kauf|order|bestell|transa|buchung|change|ae?nderung|updat|renew|review"
    r"|respon|answer|mail|campaign|kampagne|contat|appel|llamada|chamada|chiamata|rozmow|hovor|achat|compra|acquist)"
    r"|^data_(d[aeio]|dell?a?|ultim[oa]|ostatni(ej|ego))_"  # English has data too, of a contract or a month
)
_SUM = (
    r"salar(y|ies)|incomes?|wages?|earnings?|gehalt|lohn|einkommen|balances?|saldo|kontostand|guthaben|amounts?|betrag|summe|sum"
    r"|totals?|values?|wert|limite?|prices?|preis|costs?|kosten|fees?|revenues?|umsatz|turnover|capital|kapital|volumen?|sueldo"
    r"|ingresos?|renda|importe|monto|valor|montant|revenu|salaire|importo|reddito|stipendio|dochod|prijem|wynagrodzenie|mzda|kwota|castka|zustatek"
)
_NAMES_A_SUM = re.compile(rf"(^|_)({_SUM})(_|$)")
_IS_A_SUM = re.compile(rf"({_SUM})(_(in_)?(eur|euro|usd|gbp|chf|pln|brl|mxn|k|gross|net|brutto|netto))*$")
_CALL_DATES = re.compile(
    r"(call|contact[oe]?|contato|contatto|dial|anruf|kontakt|llamada|appel|chamada|ligacao|chiamata|rozmowy|hovoru|kontaktu)(ed)?_?(date|day|on|at|datum|time|am)?$"
)
_AFTER_DATES = re.compile(
    r"clos(ed|ing)|end(ed|s)?(_|$)|finish|complet|cancel|terminat|deliver|convert|bought|purchas|sold|sign(ed|ature)(?!_?up)"
    r"|respon|answer|accept|won|lost|left|churn|exit|disburs|abgeschlossen|abschluss|beend|gek(ü|ue)ndigt|k(ü|ue)ndigung"
)
# The patterns of consents and objections below, and of the dead, are held against names without accents.
_ASKED = r"(consen|permission|einwillig|zustimm|zugestimmt|einverst|erlaubnis|werbung|zgod[ay]|souhlas)"
_DENIED = (
    r"(withdr|revok|revoc|refus|declin|reject|denied|denega|negat|cancell?ed|(?<!un)(?<!not_)(?<!non_)(?<!nicht_)(expired|(?<!e)lapsed)|(^|_)lacks?_|absen(t|ce)|rechaz|recus"
    r"|rifiut|dinieg|mancat|mancan|retir|retrait(?!e)|ritir|(^|_)falta|ausen(cia|te)|caduc|kein|nicht|fehl|entzog|entzug"
    r"|verweiger|abgelehnt|ablehn|abgelaufen|erloschen|geloscht|geloescht|zuru?e?ckge[zn]|missing"
    r"|brak|cof[an]|odmow|odrzuc|nieudziel|odvol|odmit|neudel|chyb"
    # a name that says "sim_nao" asks for either
    r"|(^|(?<!oui)(?<!sim)(?<!si)(?<!tak)_)(non(?!_essential)|nao|pas|nie|bez)_(?!oui|sim|si(_|$)|tak|ograniczen|wymagan|expired|lapsed))"
)
# A loan, a purchase or a debit is revoked too.
_NO_CONTRACT = r"(?<!kredit)(?<!kredit_)(?<!darlehens)(?<!vertrags)(?<!kauf)(?<!kauf_)(?<!lastschrift)(?<!lastschrift_)"
_NEVER = r"(do_?not|don\W?_?t|never|not_to|(must|may|shall|should|can)_?not)"
_OBJECTION = re.compile(
    rf"{_NEVER}_?((call|contact|phone|dial|ring|disturb|solicit|market)(?!l*e?d|ab)|be_(call|contact|phon|dial|disturb)l?ed)"
    r"|(^|_)(ne_pas_(appel|contact|telephon|demarch|derang|sollicit)|no_(llamar|contactar|molestar|telefonear)"
    r"|nao_(ligar|contactar|contatar|telefonar|incomodar|perturb)|non_(chiamare|contattare|telefonare|disturbare)"
    r"|souhlas.*odebra|odebra.*souhlas|nie_(dzwon(ic)?|kontaktowac)(_|$)|nevolat|nekontaktovat|(zakaz|odmowa|odmitnuti)_(kontakt|dzwon|telefon|vol|oslov|market))|(^|_)(sprzeciw|nesouhlas)|(^|_)bloctel|liste_rouge|registro_(delle_)?opposizion"
    r"|(^|_)dnc(_|$)|opt(ed|s)?_?outs?(?![a-z])|objection|objected|robinson"
    r"|(no|not|without)_?consen|(^|_)(no|not|without|sans|sin|sem|senza|non|ohne)_(consen|permission|opt_?in|einwillig|zustimm)"
    r"|(^|_)(no|nao|non|not|sin|sem|sans|senza)_([a-z]+_)*(gdpr|dsgvo|rgpd|lopd|lgpd)"
    r"|(gdpr|dsgvo|rgpd|lopd|lgpd|opt_?in)_(refus|denied|declin|reject|withdr|revok)"
    rf"|{_ASKED}.*{_DENIED}|{_DENIED}.*{_ASKED}|(kein|nicht)e?_?(anruf|kontakt|telefon|newsletter)e?(n|ieren)?(_|$)"
    rf"|{_NO_CONTRACT}widerspr|{_NO_CONTRACT}widerruf(?!s?(recht|frist|belehrung))|(nicht_|un)erwu(e?)nscht|(werbe?|kontakt|anruf)_?(sperre|verbot)"
)
# An objection where it holds yes and no: no_calls may be a number of calls, objects and withdrawn numbers of things and of money.
_CALLS = r"(calls?|calling|contacts?|phone|phoning|marketing|telemarketing|advertising|solicitations?|approach)"
_A_CARD = r"(.*_)?([a-z]*(?<!dis)(?<!post)card(?!_?holder)|[a-z]*karte(?!n?_?inhaber)|cart[ea](_|$)|cartao|tarjeta|cheque)"  # is stopped or blocked without an objection
_OBJECTION_OF_A_FLAG = re.compile(
    rf"(^|_)(no|not)_((more|further|direct|cold|sales|phone|tele)_)*{_CALLS}(_(please|flag|ind|list|wanted|requested|allowed))*$"
    rf"|(^|_)(refuse[sd]?|reject(s|ed)?|decline[sd]?)_(all_|any_|to_be_)?({_CALLS}|called|contacted)$"
    r"|^(is_|has_|was_|have_|(customer|client|contact|marketing|phone|sms|e_?mail|mail|letter)s?_)*withdrawn$|^((customer|client|contact|marketing)_)?objects?$"
    rf"|^(?!{_A_CARD})(.*_)?((black|stop|block|deny|no_call)_?list(ed)?|suppress(ed|ion)?)(_|$)"
    r"|sperr(liste|vermerk|kennz)|schwarze_liste|liste_noire|lista_(negra|nera)"
    rf"|^(?!{_A_CARD})(.*_)?opp?osi(tion|zione|cion|cao)$|opposition_(au_|a_la_|aux_)?(demarch|prosp|appel|commerc|contact|telephon)"
    r"|(^|_)((no|sin|sem|sans|pas_d[e_]?|nao|non|aucun)_+([a-z]+_)?|refus_)(llamadas?|ligacoes|chamadas?|contato?s?|contacto|appels?|chiamate|contatt[oi])$"
)
_CONSENT = re.compile(
    r"consen(t|so)|opt(ed)?[\W_]?in(?![a-z])|gdpr|dsgvo|rgpd|lopd|lgpd|(^|_)rodo(_|$)|einwillig|zustimmung|zugestimmt|einverstandnis|einverstaendnis"
    r"|einverstanden|(werbe?|anruf|kontakt|telefon|mail|sms)_?(erlaubnis|freigabe|genehmigung)|(^|_)(erlaubnis|permission)|(^|_)(zgod[ay](_|$)|souhlas)"
)
# Who died has not objected, and is not called either: it is no `is_objection`.
_DECEASED = re.compile(
    r"^(.*_)?dead(_(flag|ind|y_?n|customer|client|person|since))?$|(^|_)(deceased|died|verstorben|decedee?|decedut[oa]|fall?ecid[oa]|difunt[oa]|zmarl[ya]|nie_zyje|zemrela?)(_|$)"
)
_DAY_OF_DEATH = re.compile(
    r"(^|_)(date|fecha|data|datum)_(d[aeiou]_|of_|del_)?(death|deces|obito|falecimento|fallecimiento|defuncion|decesso|zgonu|umrti)"
    r"|death_date|sterbedatum|todes(tag|datum)"
)
# Who accepts these may be called, or knows what is kept of him, and has bought nothing.
_ACCEPTED = r"(accept|accett|acep|aceit)[a-z]*"
_ACCEPTS_CONTACT = re.compile(
    rf"^(?=.*{_ACCEPTED}).*(privacy|datenschutz|publici|pubblici|marketing(?!_(offer|campa))|newsletter|cookies)"
    rf"|{_ACCEPTED}_((el|la|las|los|le|les|il|o|a|as|os|receber|recibir)_)*(calls?|contact|contat|llamad|appel|ligac|chiamat|comunic"
    r"|communic|sms|e?_?mails?|correo|telefon)"
)
_PERHAPS_CONSENT = re.compile(
    r"(^|_)werb(?!er)|(?<!be)werbung|newsletter|marketing|mailing|publici|pubblici|promo|erlaub|freigabe|genehmig"
    r"|(^|_)(agree|allow|permi|accord|autoriz|exclude[ds]?(_|$)|exclusion|exclu(_|$)|excluid|esclus[oa]|ausgeschlossen)"
    r"|(^|_)(ok|okay|may|can|could|willing|happy|wants?)_(to_)?(be_)?(call|contact|phone|dial|e?_?mail|sms|text)"
    r"|(^|_)(call|contact|phone|dial|e?_?mail|sms|text)(s|ing)?_(ok|okay|flag|welcome|wanted|y_?n|possible|moglich|moeglich)$"
    r"|(anruf|kontakt|rue?ckruf)e?_(erwu(e?)nscht|gewu(e?)nscht)|(^|_)tel(efon)?_ok(_|$)"
    rf"|({_NEVER}|(^|_)(no|not|kein|keine|nicht|sans|sin|sem|senza))_(e_?mail|mail|sms|text|post|write|letter)"
    r"|(^|_)(call|contact|dial+|reach|mail)able|(anruf|kontaktier|erreich)bar|darf_.*(angerufen|kontaktiert)|(angerufen|kontaktiert)_werden"
    r"|joignable|contactavel|contatavel|contattabile|raggiungibile|localizable|(peut|puede|pode|puo)_(etre_|ser_|essere_|se_)?(appel|contac?t|llam|lig|cham|chiam)"
)
_FEATURES: tuple[tuple[Role, re.Pattern[str]], ...] = (
    ("characteristic", re.compile(_AGE)),
    ("treatment", re.compile(r"^(called|treated|treatment|arm)$")),
    ("cost", re.compile(r"^cost|cost_per")),
    ("campaign", re.compile(r"^(wave|campaign_?(id|name|wave))$")),
    ("satisfaction", re.compile(r"satisf|nps|csat|rating|review|complain")),
    (
        "interest",
        re.compile(r"interest|hobb|preferr?|(?<!^)genre|genre(?!$)|favou?r|categor|spending|browse|page|visit"),
    ),
    (
        "history",
        re.compile(
            r"prev|earlier|(^|_)past(_|$)|pdays|poutcome|days_since|recency|frequency|campaign|calls|tenure|^last_"
            r"|(^|_)last_(call|contact|dial|visit|log_?in|purchase|order|transaction|payment|activ|offer|e?mail|respon|answer|result|outcome|paid)"
            r"|(^|_)(since|months|days)_(the_)?last_"
        ),
    ),
    (
        "holding",
        re.compile(
            r"balance|(^|_)soldes?(_|$)|loan|kredit|credit|card|karte|deposit|account|konto|saldo|product|premium|charge|contract|housing|default"
            r"|mortgage|hypothek|darlehen|overdraft|savings?(_|$)|guthaben|invest(ment|ed)|(^|_)(funds?|fonds|depots?|shares|stocks|bonds)(_|$)"
            r"|z(ů|u)statek|stan_konta|securities|wertpapiere?|portfolio|pension_(plan|fund)|insurances?(_|$)|versicherung"
        ),
    ),
    (
        "context",
        re.compile(r"^(month|weekday|day|hour|season|channel|contact|communication)(?!s_)|_index$|_idx$|euribor|rate$"),
    ),
)

_GERMAN = re.compile(
    r"[äöß]|(?<!g)ü|kunden?(_|$|n)|nummer(_|$)|beruf(_|$)|einkommen|geschlecht(_|$)|familienstand|filiale|anruf|kontostand|guthaben"
    r"|vertrag|abschluss|anzahl|betrag(_|$)|einwilligung|(^|_)(seit|tage|monate?|jahren?)(_|$)"
)


def plain_name(name: str) -> str:
    """Write a column name in lower case with underscores: "MonthlyCharges" is "monthly_charges"."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[\s-]+", "_", name.strip()).lower()


def label_for(name: str, *, capitals: bool = False) -> str:
    """Write a column name for people: "MonthlyCharges" is "monthly charges", and "Dauer (Sek.)" keeps its dot.

    Parameters
    ----------
    name : str
    capitals : bool
        Whether to keep capitals, unless there is nothing else, as German does: see `is_german`.
    """
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_+|-(?![A-ZÄÖÜ])|(?<=\w)\.(?=\w)", " ", name)
    words = " ".join(parted.split())
    if not re.search(r"\w", words):
        return "column"
    return words if capitals and not words.isupper() else words.lower()


def is_german(names: Iterable[str]) -> bool:
    """Whether columns are named in German, whose nouns have a capital wherever they stand in a sentence."""
    return any(_GERMAN.search(plain_name(name)) for name in names)


def outcome_rank(plain: str) -> int:
    """How much a name sounds like the outcome: 2 is the name of an outcome, 1 holds one, 0 neither."""
    if any(_found(pattern, plain) for pattern in (_EARLIER, _CONSENT, _ACCEPTS_CONTACT)) or _DATE.search(plain):
        return 0
    return 2 if _found(_OUTCOME, plain) else int(_found(_LIKE_OUTCOME, plain))


def _found(pattern: re.Pattern[str], plain: str) -> bool:
    """Whether a name says so, with its accents or without them."""
    return bool(pattern.search(plain) or pattern.search(without_accents(plain)))


def looks_like_id(plain: str) -> bool:
    """Whether a name is that of a number or code that names a customer or a case."""
    return bool(_ID.search(plain))


def names_customer(plain: str) -> bool:
    """Whether a name is that of the number or code of a customer, and not of a call or a case."""
    return bool(_CUSTOMER_ID.search(plain))


def names_code(plain: str) -> bool:
    """Whether a name is that of a place or branch, whose numbers are no amounts."""
    return bool(_CODE.search(plain))


def perhaps_code(plain: str) -> bool:
    """Whether whole numbers under such a name may be codes: sector_code, mcc."""
    return bool(_PERHAPS_CODE.search(without_accents(plain)))


def is_sensitive(plain: str) -> bool:
    """Whether law or decency asks for care with such a column."""
    return bool(_SENSITIVE.search(without_accents(plain)))


def is_age(plain: str) -> bool:
    """Whether a name is that of a person's age in years."""
    return bool(_PERSONS_AGE.search(without_accents(plain)))


def is_hardship(plain: str) -> bool:
    """Whether a name is that of missed payments or of debts, which nobody should be talked into."""
    return bool(_HARDSHIP.search(without_accents(plain)))


def personal_role(plain: str) -> Role | None:
    """The role of a column that says who somebody is or where to reach them, by its name; None for all others."""
    if _PHONE.search(without_accents(plain)):
        return "phone"
    if _OTHERS_NAME.search(without_accents(plain)):  # before names, of which the call list shows the customer's
        return "ignore"
    if _NAMES.search(plain) or (_NAME_OF.search(plain) and not _names_a_thing(plain)):
        return "name"
    return "ignore" if _PERSONAL.search(plain) or is_identity_number(plain) else None


def _names_a_thing(plain: str) -> bool:
    return bool(
        _NAME_OF_A_THING.search(plain) or (_NAME_OF.search(plain) and _NO_PERSON.search(without_accents(plain)))
    )


def is_identity_number(plain: str) -> bool:
    """Whether a name is that of a number by which others than the bank know a person: national_id, passport, card_number."""
    return bool(_IDENTITY.search(without_accents(plain)))


def may_count(plain: str) -> bool:
    """Whether small numbers under such a name count something, whoever it may name: "dni" are days in Polish."""
    return bool(_COUNTS.search(without_accents(plain)))


def names_a_kind(plain: str) -> bool:
    """Whether a name says of what kind an address is: address_type."""
    return bool(_A_KIND.search(plain))


def is_a_person(plain: str) -> bool:
    """Whether a name is that of a person beside the customer: spouse, guarantor, relationship_manager."""
    return bool(_IS_A_PERSON.search(without_accents(plain)))


def may_name_persons(plain: str) -> bool:
    """Whether two words with capitals may be a person under such a name: of a job, a place or a product they are none."""
    return not _NO_PERSON.search(without_accents(plain))


def reaches(plain: str) -> bool:
    """Whether a name speaks of telephones or e-mail."""
    return bool(_PHONE.search(without_accents(plain)) or re.search(_MAIL, plain))


def holds_outcome(plain: str) -> bool:
    """Whether a name holds a word for an answer and is no length or result of a call: accounts_closed, converted_points."""
    return _found(_LIKE_OUTCOME, plain) and outcome_rank(plain) > 0 and not _is_left_by_a_call(plain)


def known_by_name(plain: str) -> Known:
    """When the bank knows such a column."""
    if _is_left_by_a_call(plain) or holds_outcome(plain):
        return "after_call"
    return "dialling" if _DIALLING.search(plain) else "planning"


def perhaps_after_call(plain: str) -> bool:
    """Whether a name may be that of something that only the call brings."""
    return bool(_PERHAPS_AFTER.search(without_accents(plain))) and not _is_of_an_earlier_call(plain)


def _is_left_by_a_call(plain: str) -> bool:
    bare = without_accents(plain)
    if _OBJECTION.search(bare) or _CONSENT.search(bare):
        return False
    if _NO_SUCH_CALL.search(bare):
        return bool(_AFTER_CALL.search(plain))
    if _AFTER_CALL.search(plain) or _LENGTH_OF_A_CALL.search(bare):
        return True
    return bool(_LEFT_BY_A_CALL.search(bare)) and not _is_of_an_earlier_call(plain)


def _is_of_an_earlier_call(plain: str) -> bool:
    return bool(_EARLIER.search(plain) or _SINCE.search(plain))


def without_accents(plain: str) -> str:
    """Write a text without accents: "rückruf" is "ruckruf", "zmarły" is "zmarly"."""
    parted = unicodedata.normalize("NFKD", plain.replace("ł", "l").replace("Ł", "L"))
    return "".join(char for char in parted if not unicodedata.combining(char))


def date_known_by_name(plain: str) -> Known | None:
    """When the bank knows such a date; None if the name does not tell."""
    if _AFTER_DATES.search(plain) and not _EARLIER.search(plain):
        return "after_call"
    if _found(_CALL_DATES, plain) and not _EARLIER.search(plain):
        return "dialling"
    return "planning" if _found(_OLD_DATES, plain) else None


def moment_by_name(plain: str) -> Known:
    """When the bank knows a time of day or a length of time: the later of what its name says of a date and of a column."""
    return max(known_by_name(plain), date_known_by_name(plain) or "planning", key=KNOWN_ORDER.index)


def perhaps_value(plain: str) -> bool:
    """Whether a name may be that of the money that a customer brings."""
    return bool(_BRINGS.search(without_accents(plain)))


def is_balance(plain: str) -> bool:
    """Whether a name is that of money on an account of the customer's."""
    return bool(_BALANCE.search(without_accents(plain))) and not is_hardship(plain)


def sounds_like_date(plain: str) -> bool:
    """Whether a name is that of a date."""
    return bool(_DATE.search(plain))


def may_be_date(plain: str) -> bool:
    """Whether a name may be that of a day: Kundeseit, account_opened, last_contact; and not opening_balance, last_salary."""
    bare = without_accents(plain)
    if (re.search(_BEGINNING, plain) or re.search(_BEGINNING, bare)) and not _IS_A_SUM.search(bare):
        return True
    return bool(_HAPPENS_ON_A_DAY.search(bare)) and not _NAMES_A_SUM.search(bare) and not _IS_A_SUM.search(bare)


def feature_role(plain: str) -> Role:
    """The role of a column that describes a customer."""
    if is_objection(plain):  # before consent: read as consent, the yes of an objector would be a licence to call
        return "exclude_if"
    bare = without_accents(plain)
    if _DECEASED.search(bare):
        return "exclude_if"
    if _CONSENT.search(bare):
        return "consent"
    if _is_left_by_a_call(plain):
        return "context"
    role = next((role for role, pattern in _FEATURES if pattern.search(plain)), None)
    return role or ("context" if _DIALLING.search(plain) else "characteristic")


def is_objection(plain: str, *, flag: bool = False) -> bool:
    """Whether a name is that of who asked not to be called; of a flag, which holds yes and no, more names are."""
    bare = without_accents(plain)
    return bool(_OBJECTION.search(bare) or (flag and _OBJECTION_OF_A_FLAG.search(bare) and not _EARLIER.search(bare)))


def is_day_of_death(plain: str) -> bool:
    """Whether a name is that of the day on which a customer died."""
    return bool(_DAY_OF_DEATH.search(without_accents(plain)))


def perhaps_consent(plain: str) -> bool:
    """Whether a yes under such a name may say that the customer may be called, or must not."""
    bare = without_accents(plain)
    return bool(_PERHAPS_CONSENT.search(bare) or _ACCEPTS_CONTACT.search(bare))
